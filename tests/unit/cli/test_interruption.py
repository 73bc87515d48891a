import os
import signal

import pytest

from power_tuner_cli.interruption import deferred_interruption


def test_ctrl_c_interrupts_at_the_next_pause() -> None:
    """What goes on when Ctrl-C is pressed is finished; the pause after it interrupts."""
    finished = []

    with deferred_interruption() as interruption:
        os.kill(os.getpid(), signal.SIGINT)
        finished.append("the call")
        with pytest.raises(KeyboardInterrupt):
            interruption.pause(0)

    assert ["the call"] == finished


def test_a_second_ctrl_c_interrupts_at_once() -> None:
    """Who presses it twice does not wait."""
    with deferred_interruption():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_afterwards_ctrl_c_is_as_before() -> None:
    """Outside the block, nothing is caught; within it, a pause without Ctrl-C only waits."""
    before = signal.getsignal(signal.SIGINT)

    with deferred_interruption() as interruption:
        interruption.pause(0)

    assert before == signal.getsignal(signal.SIGINT)
