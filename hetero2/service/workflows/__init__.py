"""What can be asked for: registered workflows, their parameters and files. Tenants choose one; they bring no code."""
