# One image for every process: web, worker, beat (docker-compose.yml says which is which).
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PARLEY_VAR=/var/lib/parley
RUN useradd --system --create-home parley && install -d -o parley /var/lib/parley
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
# The embedding model is part of the image, so that a container starts without preparing it.
RUN export PARLEY_VAR=/tmp/parley MODELS_DIR=/opt/models STATIC_ROOT=/opt/static \
    && python manage.py prepare_models && python manage.py collectstatic --noinput \
    && rm -rf /tmp/parley && chown parley /opt/models
ENV MODELS_DIR=/opt/models STATIC_ROOT=/opt/static
USER parley
EXPOSE 8000
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log",
     "--timeout-graceful-shutdown", "10"]
