"""Joins AWS and Snowflake: the stack of include/aws, the objects of include/sql/setup, the trust.

stack.py      deploys the CloudFormation stack by change sets, and says what changed
names.py      what the connection snowflake_default says is to be made
objects.py    runs the SQL of one side, and says what changed
inventory.py  what is there: before and after
joined.py     waits until Snowflake can list the stage
rendered.py   the same as commands and SQL, for administrators to run
"""
