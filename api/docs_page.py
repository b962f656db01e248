"""The API's page for people, `/docs`: Swagger UI from our own disk, which asks nobody else."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.problems import NO_SUCH_ROUTE
from core.errors import Problem

router: Final = APIRouter()

# Of this package only the files of Swagger UI are used.
_STATIC: Final = Path(str(files("fastapi_offline") / "static"))
_FILES: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}
_BEGIN: Final = """\
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayOperationId: true,
  validatorUrl: null,
});
"""
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Meguri: the API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/begin.js"></script>
</body>
</html>
"""
# Swagger UI writes styles into its elements; no script but ours runs, and nothing leaves.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FOR_A_DAY: Final = {"Cache-Control": "public, max-age=86400"}


@router.get("/", include_in_schema=False)
async def front_door() -> RedirectResponse:
    """Whoever opens the bare address in a browser is led to the page."""
    return RedirectResponse("docs")


@router.get("/docs", include_in_schema=False)
async def docs() -> HTMLResponse:
    """Addresses in it are relative, so that it works behind a prefix too."""
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return HTMLResponse(_PAGE, headers=headers)


@router.get("/docs/{name}", include_in_schema=False)
async def docs_file(name: Annotated[str, PathParameter(max_length=64)]) -> Response:
    """One of the three files that the page needs."""
    if name == "begin.js":
        return Response(_BEGIN, media_type="text/javascript", headers=_FOR_A_DAY)
    if name not in _FILES:
        raise Problem(NO_SUCH_ROUTE)
    return FileResponse(_STATIC / name, media_type=_FILES[name], headers=_FOR_A_DAY)
