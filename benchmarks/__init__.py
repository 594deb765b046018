"""What `make bench` measures: each benchmark runs in a process of its own, started by `benchmarks.__main__`."""

import os

import django

# The process above has no settings yet: it names the folder of this run and starts the servers first.
if os.environ.get("BENCHMARK"):
    django.setup()
