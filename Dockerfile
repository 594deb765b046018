# One image for web, worker and beat; docker-compose.yml says which of them a container is.
FROM node:22-slim AS front-end
WORKDIR /portal
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev

FROM python:3.13-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 portal
WORKDIR /portal
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY --from=front-end /portal/node_modules ./node_modules
COPY . .
ENV PORTAL_VAR=/var/lib/portal STATIC_ROOT=/portal/collected PYTHONUNBUFFERED=1
RUN mkdir -p /var/lib/portal && chown portal:portal /var/lib/portal \
    && PORTAL_VAR=/tmp/build SECRET_KEY=only-while-building python manage.py collectstatic --noinput
USER portal
EXPOSE 8000
CMD ["gunicorn", "attendance_portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--timeout", "120"]
