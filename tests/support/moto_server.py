"""moto on a free port, with every JSON request checked against botocore's models first: names, types, limits, what is required.

With --athena queries do something (moto_athena.py). Prints the port, and ends when its input is closed. A request that a model does not allow gets ModelViolation.
Exits with 77 when moto is not installed.
"""
import json
import os
import sys
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(os.environ.get("TG_SOURCE_DIR", ROOT), ".deps/moto/site"))
os.environ.update(AWS_EC2_METADATA_DISABLED="true", MOTO_IAM_LOAD_MANAGED_POLICIES="false")
try:
    import botocore.session
    from botocore.validate import ParamValidator
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server
except ImportError:
    sys.exit(77)

SERVICES = {"AWSGlue": "glue", "AmazonAthena": "athena", "DynamoDB_20120810": "dynamodb"}
session = botocore.session.get_session()


def unknown(shape, value, path=""):
    """Names that the model does not have."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, part in value.items():
            if name in shape.members:
                yield from unknown(shape.members[name], part, f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif shape.type_name == "list" and isinstance(value, list):
        for part in value:
            yield from unknown(shape.member, part, path + "[]")


def too_many(shape, value):
    """Lists that are longer than the model allows; the validator looks at the lower limit alone."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, part in value.items():
            if name in shape.members:
                yield from too_many(shape.members[name], part)
    elif shape.type_name == "list" and isinstance(value, list):
        if len(value) > shape.metadata.get("max", len(value)):
            yield f"{shape.name}: {len(value)} items"
    elif isinstance(value, str) and not shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", len(value)):
        yield f"{shape.name}: {len(value)} characters"


def violation(target, body):
    service, _, action = target.partition(".")
    model = session.get_service_model(SERVICES[service])
    if action not in model.operation_names:
        return f"no action {action}"
    shape = model.operation_model(action).input_shape
    request = json.loads(body)
    report = ParamValidator().validate(request, shape)
    problems = list(unknown(shape, request)) + list(too_many(shape, request))
    return "; ".join(problems + ([report.generate_report()] if report.has_errors() else []))


class Checked:
    def __init__(self, app):
        self.app = app
        self.athena = None  # moto_athena.Athena, with --athena

    def patched(self, environ, start_response, action, body):
        """moto's answer, changed by what our Athena does."""
        said = {}
        parts = self.app(environ, lambda status, headers, info=None: said.update(status=status, headers=headers))
        answer = b"".join(parts)
        if said["status"].startswith("200"):
            answer = json.dumps(self.athena.take(action, json.loads(body), json.loads(answer or b"{}"))).encode()
        headers = [(n, v) for n, v in said["headers"] if n.lower() != "content-length"]
        start_response(said["status"], headers + [("Content-Length", str(len(answer)))])
        return [answer]

    def __call__(self, environ, start_response):
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.split(".")[0] in SERVICES:
            import io
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            problem = violation(target, body)
            if problem:
                start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
                return [json.dumps({"__type": "ModelViolation", "message": problem}).encode()]
            if self.athena is not None and target.startswith("AmazonAthena."):
                return self.patched(environ, start_response, target.partition(".")[2], body)
        return self.app(environ, start_response)


def main():
    app = Checked(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    if "--athena" in sys.argv:
        sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
        from moto_athena import Athena
        app.athena = Athena(lambda service: session.create_client(
            service, region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{server.port}", aws_access_key_id="a", aws_secret_access_key="b"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    import logging
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    main()
