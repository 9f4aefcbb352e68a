"""The hours that an hourly run loads before their day is final, and what it leaves behind."""
