"""Names of files in forms, as clients of many kinds write them."""

import pytest
from multipart import MultipartSegment, PushMultipartParser

from backchannel.http.form_files import sent_name

LONG = "=?utf-8?B?w6TDpMOkw6TDpMOkw6TDpA==?= =?utf-8?B?LnR4dA==?="


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('filename="a.jpg"', "a.jpg"),
        ("filename=a.jpg", "a.jpg"),
        ('filename="ä.jpg"', "ä.jpg"),
        ("filename=\"=?utf-8?B?w6QuanBn?=\"; filename*=utf-8''%C3%A4.jpg", "ä.jpg"),  # .NET
        ("filename*=utf-8''%C3%A4.jpg; filename=\"other.jpg\"", "ä.jpg"),
        ("filename*=UTF-8'de'%C3%A4.jpg", "ä.jpg"),
        ("FileName*=\"utf-8''%C3%A4.jpg\"", "ä.jpg"),
        ("filename*=iso-8859-1''%E4.jpg", "ä.jpg"),
        ("filename*=utf-8''%FF.jpg; filename=\"a.jpg\"", "a.jpg"),
        ("filename*=utf-16''%00a; filename=\"a.jpg\"", "a.jpg"),
        ("filename*=%C3%A4.jpg; filename=a.jpg", "a.jpg"),
        ('filename="=?utf-8?B?w6QuanBn?="', "ä.jpg"),
        ('filename="=?utf-8?Q?=C3=A4.jpg?="', "ä.jpg"),
        (f'filename="{LONG}"', "ääääääää.txt"),
        ('filename="=?x-none?B?w6QuanBn?="', "=?x-none?B?w6QuanBn?="),
        ('filename="is it =?utf-8?B?w6Q=?="', "is it =?utf-8?B?w6Q=?="),
        ("filename=\"x; filename*=utf-8''evil.txt\"", "x; filename*=utf-8''evil.txt"),
        ('filename=""', ""),
        ("", None),
    ],
)
def test_the_file_name_of_a_form_is_decoded(written: str, name: str | None) -> None:
    head = f'--b\r\nContent-Disposition: form-data; name="file"; {written}'.rstrip("; ")
    parser = PushMultipartParser("b")
    (segment,) = (
        event
        for event in parser.parse(f"{head}\r\n\r\nx\r\n--b--\r\n".encode())
        if isinstance(event, MultipartSegment)
    )
    assert sent_name(segment) == name
