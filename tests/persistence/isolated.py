"""What a process of its own does with a piece of code; a module of its own too, so that the process can import it."""

import traceback


def child(code, pipe):
    """Run the code and send '' or the error."""
    try:
        exec(compile(code, "case", "exec"), {})
        pipe.send("")
    except Exception as error:  # noqa: BLE001  what it is, is the question
        pipe.send(f"{'ValueError' if isinstance(error, ValueError) else type(error).__name__}: {error}\n{traceback.format_exc()}")
