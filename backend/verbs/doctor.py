"""The verb doctor: what is wrong with the backend, and how to cure it."""

import argparse
import json
from dataclasses import asdict

SUMMARY = "look at the environment, the device, the models and the cache, and build a head as a test"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How the findings are shown."""
    parser.add_argument("--json", action="store_true", help="the findings as a JSON list")


def run(arguments: argparse.Namespace) -> int:
    """Prints a line per finding. 0 where everything is in order, else 1."""
    from backend.doctor import examine

    findings = examine()
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            print(f"{'ok' if finding.ok else 'WRONG':6}{finding.name:12}{finding.text}")
            if finding.cure:
                print(f"{'':18}{finding.cure}")
    return 0 if all(finding.ok for finding in findings) else 1
