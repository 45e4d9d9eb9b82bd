"""Sample data for test programs of the HTTP API: users, a conversation, a session and a file."""

import httpx

PASSWORD = "mist over the harbour"
GENEROUS = {
    "limits_registrations_per_address": "1000000",
    "limits_logins_per_address": "1000000",
    "responder_answers_per_user": "1000000",
    "user_invitations": "true",
}
"""Settings that let a test program register, mistype and ask as often as it likes."""


def login(http: httpx.Client, username: str) -> str:
    """A login's access token."""
    credentials = {"identifier": username, "password": PASSWORD}
    answer = http.post("/v1/login", json=credentials).raise_for_status()
    return str(answer.json()["access_token"])


def create_sample_data(address: str) -> dict[str, str]:
    """Create all of it; return the tokens, and the ids of what was created."""
    with httpx.Client(base_url=address, timeout=60) as http:
        for name in ("tester", "grace", "leaver"):
            account = {"username": name, "password": PASSWORD}
            http.post("/v1/register", json=account).raise_for_status()
        token = login(http, "tester")
        http.headers["authorization"] = f"Bearer {token}"
        for body in ("One", "Two"):
            sent = http.post("/v1/messages", json={"to": "grace", "body": body})
            message = sent.raise_for_status().json()
        session = http.post("/v1/sessions", json={"key": "holiday"}).raise_for_status().json()
        file = http.post("/v1/files", files={"file": ("a.txt", b"text")}).raise_for_status().json()
        return {
            "token": token,
            "grace": login(http, "grace"),
            "leaving": login(http, "leaver"),
            "leaving_too": login(http, "leaver"),
            "conversation": message["conversation_id"],
            "session": session["id"],
            "key": session["key"],
            "file": file["id"],
        }
