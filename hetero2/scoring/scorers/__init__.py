"""Where scores come from: reference scorers, the command of a user, models that are fitted again, stand-ins."""
