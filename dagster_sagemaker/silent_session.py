"""The Pipes session of a job whose script knows nothing of Pipes: results, and no messages."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster._core.pipes.context import PipesMessageHandler, build_external_execution_context_data
from dagster_pipes import PipesParams

from dagster_sagemaker.identity import StepContext


class _Nobody(dg.PipesMessageReader):
    @contextmanager
    def read_messages(self, _: dg.PipesMessageHandler) -> Iterator[PipesParams]:
        yield {}

    def no_messages_debug_text(self) -> str:
        return "None were expected."


@contextmanager
def silent_session(context: StepContext) -> Iterator[dg.PipesSession]:
    """A session that gives results as ``open_pipes_session`` does, and expects no messages.

    That one warns when there were none, and asks for a place to read them from.

    Args:
        context: The step's.
    """
    handler = PipesMessageHandler(context, _Nobody())
    with handler.handle_messages() as params:
        yield dg.PipesSession(
            context_data=build_external_execution_context_data(context, None),
            message_handler=handler,
            context_injector_params={},
            message_reader_params=params,
            context=context,
        )
