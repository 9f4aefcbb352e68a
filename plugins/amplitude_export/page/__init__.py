"""The page in Airflow's UI that says which hours of which days are loaded.

What is read (`rest`) becomes records (`records`), the records become days (`days`) whose cells
have states (`states`), the days become an answer (`answers`), and `app` hands it out.
"""
