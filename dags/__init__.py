"""When things run and in which order. Imports Airflow and the standard library only."""
