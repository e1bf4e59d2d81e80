"""What a campaign is shown by: its report in words and as a page, and the pack that holds it all."""
