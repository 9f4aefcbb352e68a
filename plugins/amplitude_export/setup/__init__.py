"""Joins AWS and Snowflake: the stack of include/aws, the objects of include/sql/setup, the trust.

sides.py      runs the steps of either side as its administrator, or renders them
stack.py      deploys the CloudFormation stack by change sets, and reports what changed
objects.py    runs the SQL of one side, and reports what it created
steps.py      the results of the steps, as they travel between the tasks
inventory.py  reads what is there, before and after
consent.py    refuses parameters that would hand the bucket over
migration.py  finds the changes that tables of an earlier version need
ownership.py  refuses what another deployment has made
render.py     renders the same steps as commands and SQL, for administrators to run
stage.py      waits until Snowflake can list the stage
"""
