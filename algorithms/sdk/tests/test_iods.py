import subprocess
import sys
from pathlib import Path


def test_the_tables_are_those_of_the_standard_and_up_to_date() -> None:
    script = Path(__file__).parents[1] / "tools" / "make_iods.py"
    assert subprocess.run([sys.executable, str(script), "--check"], check=False).returncode == 0
