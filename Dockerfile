# Airflow without any provider, and then exactly what requirements.txt locks: nothing in the image has
# a version that was not tested together. Dockerfile, packages.txt and requirements.txt are where the
# Astro CLI looks for them as well (docs/deploying.md).
# A COPY without --chmod would keep the modes of the builder's files, with root as their owner: under
# umask 077 Airflow's user (uid 50000) could read none of them. It needs BuildKit.
FROM apache/airflow:slim-3.3.2-python3.11
COPY --chmod=755 packages.txt requirements.txt requirements-dbt.txt /
USER root
# Debian's packages, one a line; so far none is needed.
RUN if [ -s /packages.txt ]; then \
        apt-get update \
        && xargs -a /packages.txt apt-get install -y --no-install-recommends \
        && rm -rf /var/lib/apt/lists/*; \
    fi
USER airflow
RUN pip install --no-cache-dir --require-hashes -r /requirements.txt
# dbt in an environment of its own, found on PATH after everything else.
RUN python -m venv /home/airflow/dbt \
    && /home/airflow/dbt/bin/pip install --no-cache-dir --require-hashes -r /requirements-dbt.txt
ENV PATH="${PATH}:/home/airflow/dbt/bin"
COPY --chmod=755 LICENSE NOTICE /opt/airflow/
COPY --chmod=755 dags /opt/airflow/dags
COPY --chmod=755 docs/runbook.md /opt/airflow/docs/runbook.md
COPY --chmod=755 include /opt/airflow/include
COPY --chmod=755 plugins /opt/airflow/plugins
