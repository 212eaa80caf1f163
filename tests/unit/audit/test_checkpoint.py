"""Signed notes against Go's and C2SP's own examples, and what is refused."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.audit.checkpoint import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Checkpoint,
    KeyMalformed,
    NoteMalformed,
    SignatureInvalid,
    Signer,
    Verifier,
    open_note,
    open_text,
    read_checkpoint,
    read_note,
    sign,
    text_of,
    write_note,
)
from hanse.base.errors import Refusal
from tests.unit.audit.grown import ORIGIN, SIGNER

# golang.org/x/mod/sumdb/note: the keys and the note of its tests.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = (
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
)
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
    "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ov"
    "TG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)

# The example of the C2SP tlog-checkpoint specification; its key is not published.
SOFA = (
    "example.com/behind-the-sofa\n20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRD"
    "e4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)

checkpoints = st.builds(
    Checkpoint,
    origin=st.just(ORIGIN),
    size=st.integers(0, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(
        st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1),
        max_size=3,
    ).map(tuple),
)


def test_go_and_we_make_the_same_note_of_the_same_key():
    signer = Signer.of(PETER_SECRET)
    note = write_note(TEXT, [signer.signature_over(TEXT)])
    assert note == f"{TEXT}\n{PETER_LINE}"
    assert signer.public == PETER
    assert signer.key_text == PETER_SECRET


def test_gos_notes_open_with_gos_keys():
    note = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}"
    assert open_text(note, Verifier.of(PETER)) == TEXT
    assert open_text(note, Verifier.of(ENOCH)) == TEXT


def test_the_specifications_checkpoint_reads_as_it_says():
    parts = read_note(SOFA)
    checkpoint = read_checkpoint(parts.text)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20852163
    assert checkpoint.root.hex().startswith("0ac5186a91863e8e")
    assert text_of(checkpoint) == parts.text
    assert [s.key_id.hex() for s in parts.signatures] == ["033de0ae"]


def test_a_key_with_any_character_changed_or_left_out_is_refused():
    for key, read in ((PETER, Verifier.of), (PETER_SECRET, Signer.of)):
        pieces = {key[i:j] for i in range(len(key)) for j in range(i + 1, len(key) + 1)}
        raised = {key[:i] + chr(ord(c) + 1) + key[i + 1 :] for i, c in enumerate(key)}
        for wrong in (pieces | raised) - {key}:
            with pytest.raises(KeyMalformed):
                read(wrong)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER + "\n",
        " " + PETER,
    ],
    ids=["empty", "too long", "unknown algorithm", "upper case", "newline", "blank"],
)
def test_keys_of_other_kinds_and_spellings_are_refused(key: str):
    with pytest.raises(KeyMalformed):
        Verifier.of(key)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "\ud800", "x" * 256]
)
def test_names_that_would_break_a_note_are_refused(name: str):
    with pytest.raises(KeyMalformed):
        Signer(name, bytes(32))


def test_a_signer_does_not_show_its_secret():
    assert "seed" not in repr(SIGNER)
    assert str(bytes(range(32))) not in repr(SIGNER)


@given(checkpoints)
def test_a_signed_checkpoint_opens_to_the_same(checkpoint: Checkpoint):
    note = sign(checkpoint, SIGNER)
    assert open_note(note, Verifier.of(SIGNER.public)) == checkpoint


@given(st.data(), checkpoints)
def test_a_note_with_any_character_changed_does_not_open(
    data: st.DataObject, checkpoint: Checkpoint
):
    note = sign(checkpoint, SIGNER)
    spot = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.characters().filter(lambda c: c != note[spot]))
    with pytest.raises(Refusal):
        open_note(note[:spot] + other + note[spot + 1 :], SIGNER.verifier)


@given(st.text())
def test_any_text_is_refused_or_read_but_never_breaks(text: str):
    for note in (text, f"{TEXT}\n{text}", f"{text}\n{PETER_LINE}"):
        with pytest.raises((NoteMalformed, SignatureInvalid)):
            open_note(note, SIGNER.verifier)


def test_signatures_of_unknown_keys_are_ignored_but_given_back():
    text = text_of(Checkpoint(ORIGIN, 3, bytes(32)))
    witness = Signer("witness.example/w1", bytes(32))
    namesake = Signer(ORIGIN, b"\x07" * 32)
    lines = [each.signature_over(text) for each in (witness, SIGNER, namesake)]
    note = write_note(text, lines)
    assert open_note(note, SIGNER.verifier).size == 3
    names = [each.name for each in read_note(note).signatures]
    assert names == ["witness.example/w1", ORIGIN, ORIGIN]


def test_a_note_without_the_expected_signature_does_not_open():
    namesake = Signer(ORIGIN, b"\x07" * 32)
    note = sign(Checkpoint(ORIGIN, 3, bytes(32)), namesake)
    with pytest.raises(SignatureInvalid):
        open_note(note, SIGNER.verifier)


def test_one_false_signature_of_a_known_key_spoils_the_note():
    text = text_of(Checkpoint(ORIGIN, 3, bytes(32)))
    good = SIGNER.signature_over(text)
    false = SIGNER.signature_over(text_of(Checkpoint(ORIGIN, 4, bytes(32))))
    for lines in ([good, false], [false, good]):
        with pytest.raises(SignatureInvalid):
            open_note(write_note(text, lines), SIGNER.verifier)


def test_a_key_cannot_speak_for_another_log():
    text = text_of(Checkpoint("other.example/log", 3, bytes(32)))
    note = write_note(text, [SIGNER.signature_over(text)])
    with pytest.raises(SignatureInvalid, match="another log"):
        open_note(note, SIGNER.verifier)
    with pytest.raises(ValueError, match="origin"):
        sign(Checkpoint("other.example/log", 3, bytes(32)), SIGNER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{ORIGIN}\n3\n",
        f"{ORIGIN}\n3\n\n",
        f"\n3\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n03\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n-3\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n\u0663\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n9223372036854775808\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n3\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n3\n{base64.b64encode(bytes(32)).decode()[:-2]}B=\n",
        f"{ORIGIN}\n3\n{base64.b64encode(bytes(32)).decode()}\n\nline\n",
        f"{ORIGIN} x\n3\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n3\n{base64.b64encode(bytes(32)).decode()}",
    ],
)
def test_texts_that_are_no_checkpoint_are_refused(text: str):
    with pytest.raises(NoteMalformed):
        read_checkpoint(text)


@pytest.mark.parametrize(
    "note",
    [
        TEXT,
        TEXT + "\n",
        f"{TEXT}\n{PETER_LINE[:-1]}",
        f"\x01{TEXT}\n{PETER_LINE}",
        f"\ud800{TEXT}\n{PETER_LINE}",
        f"{TEXT}\n{PETER_LINE.replace('PeterNeumann', 'Bad Name')}",
        f"{TEXT}\n{PETER_LINE}Unexpected line.\n",
        f"{TEXT}\n{PETER_LINE.replace(chr(0x2014), '-')}",
        f"{TEXT}\n\u2014 PeterNeumann AAAA\n",
        f"{TEXT}\r\n\n{PETER_LINE}",
    ],
)
def test_notes_that_are_none_are_refused(note: str):
    with pytest.raises(NoteMalformed):
        read_note(note)


def test_a_text_may_hold_empty_lines_of_its_own():
    text = "one\n\ntwo\n"
    note = write_note(text, [SIGNER.signature_over(text)])
    assert open_text(note, SIGNER.verifier) == text


def test_notes_have_limits():
    many = f"{TEXT}\n" + PETER_LINE * MAX_SIGNATURES
    assert len(read_note(many).signatures) == MAX_SIGNATURES >= 16
    with pytest.raises(NoteMalformed, match=re.escape(str(MAX_SIGNATURES))):
        read_note(many + PETER_LINE)
    for filler in ("x", "\u6c49"):
        long = filler * (MAX_NOTE_BYTES // len(filler.encode())) + TEXT
        with pytest.raises(NoteMalformed, match=re.escape(str(MAX_NOTE_BYTES))):
            read_note(f"{long}\n{PETER_LINE}")


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint("", 1, bytes(32)),
        Checkpoint("a\nb", 1, bytes(32)),
        Checkpoint("a b", 1, bytes(32)),
        Checkpoint(ORIGIN, -1, bytes(32)),
        Checkpoint(ORIGIN, 2**63, bytes(32)),
        Checkpoint(ORIGIN, 1, bytes(31)),
        Checkpoint(ORIGIN, 1, bytes(32), ("",)),
        Checkpoint(ORIGIN, 1, bytes(32), ("a\nb",)),
    ],
)
def test_a_checkpoint_that_would_read_as_another_one_is_not_written(
    checkpoint: Checkpoint,
):
    with pytest.raises(ValueError, match=r"checkpoint|origin"):
        text_of(checkpoint)


def test_a_fingerprint_is_that_of_the_keys_text():
    assert len(SIGNER.verifier.fingerprint) == 32
    assert Verifier.of(PETER).fingerprint != Verifier.of(ENOCH).fingerprint


def test_refusals_do_not_repeat_what_they_were_given():
    evil = "<script>" * 3
    for key in (f"{evil}+00000000+AAAA", evil):
        with pytest.raises(KeyMalformed) as refusal:
            Verifier.of(key)
        assert "script" not in refusal.value.message
    with pytest.raises(NoteMalformed) as refused:
        open_note(f"{evil}\n\n{evil}\n", SIGNER.verifier)
    assert "script" not in refused.value.message
