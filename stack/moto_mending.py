"""Mends what moto 5.2.5 does otherwise than AWS in Step Functions. The version is pinned for it."""

from typing import cast

from moto.core.config import default_user_config
from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

evaluate_attempt = StateTaskService._eval_execution


def mend() -> None:
    # Without it an execution is only written down, never run.
    default_user_config["stepfunctions"]["execute_state_machine"] = True
    StepFunctionResponse.send_task_failure = send_task_failure  # type: ignore[method-assign] # mended
    StateTaskService._eval_execution = with_fresh_token  # type: ignore[method-assign] # mended


def send_task_failure(self: StepFunctionResponse) -> ActionResult:
    """moto drops the cause, so that a Catch would get none."""
    backend = cast(StepFunctionsParserBackend, self.stepfunction_backend)
    backend.send_task_failure(
        self._get_param("taskToken"),
        error=self._get_param("error"),
        cause=self._get_param("cause"),
    )
    return EmptyResult()


def with_fresh_token(self: StateTaskService, env: Environment) -> None:
    """moto makes one token a state, so that a worker given up for dead could end the retry."""
    if getattr(self.resource, "condition", None) == ResourceCondition.WaitForTaskToken:
        env.callback_pool_manager.add(env.states.context_object.update_task_token())
    evaluate_attempt(self, env)
