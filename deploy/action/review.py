"""Looks at a pull request's files of flags with gonfalon, and says in one comment what would change, for whom, and what lint finds.

The comment is found by its first line and its author, and is written over. What gonfalon prints has names and descriptions of flags in
it, which anybody who may open a pull request writes: all of it stands in blocks of code, where it is neither Markdown nor HTML, and
mentions nobody.
"""
import json
import os
import re
import subprocess
import sys
import unicodedata
import urllib.error
import urllib.request

# The most that is shown of one text, in characters. A comment has three, at most 65536 bytes, and a character has up to four.
MOST = 5000


def visible(text):
    """Replaces what a reader doesn't see: characters that control a terminal, are no text, or turn the direction of writing."""
    return "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in text.replace("\t", "    "))


def block(text):
    """Returns text as a block of code, whose fence is longer than any run of backquotes in it."""
    text = visible(text).strip("\n") or "(nothing)"
    if len(text) > MOST:
        text = text[:MOST] + "\n… the rest is in the job's log"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}\n"


def gonfalon(*arguments):
    """Runs gonfalon. Returns its exit status (0 or 1 are answers, and 2 is trouble), what it answered and what it said beside that. The
    log has both."""
    done = subprocess.run([os.environ["GONFALON"], *arguments], env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120"},
                          stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace")
    # A line that begins with :: would be a command for the runner.
    print(re.sub(r"(?m)^(\s*)(::|##\[)", "\\1\u200b\\2", visible(done.stdout + done.stderr)), flush=True)
    return done.returncode, done.stdout, done.stderr


def github(method, path, body=None):
    """Sends a request to GitHub, and returns the answer."""
    request = urllib.request.Request(
        os.environ.get("GITHUB_API_URL", "https://api.github.com") + "/repos/" + os.environ["GITHUB_REPOSITORY"] + path,
        method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + os.environ["GITHUB_TOKEN"], "Accept": "application/vnd.github+json", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def earlier(number, mark, author):
    """Returns the id of the comment that an earlier run wrote, or None. Somebody else's with the same first line isn't it."""
    page = 1
    while comments := github("GET", f"/issues/{number}/comments?per_page=100&page={page}"):
        for comment in comments:
            if comment["user"]["login"] == author and comment["body"].startswith(mark):
                return comment["id"]
        page += 1
    return None


def main():
    files, env = os.environ["FILES"], os.environ["ENVIRONMENT"]
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", env) or "--" in env:
        sys.exit(f"environment: {env!r} is not the name of one")
    if files.startswith("-"):
        sys.exit(f"files: {files!r} begins with a hyphen; write ./{files}")
    linted, findings, trouble = gonfalon("lint", files, "--fail-on", os.environ.get("FAIL_ON") or "error")
    compared, changes, audience = gonfalon("apply", "-f", files, "--env", env, "--drift", "--preview")
    mark = f"<!-- gonfalon: {env} -->"
    body = f"{mark}\n### Flags in `{env}`\n\n"
    if compared == 0:
        body += "The environment is what the files say.\n"
    elif compared == 1:
        body += f"This is what would change:\n\n{block(changes)}\nWhose decisions that changes:\n\n{block(audience)}"
    else:
        body += f"It can't be told what would change:\n\n{block(changes + audience)}"
    body += f"\nLint says:\n\n{block(findings + trouble)}"
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(summary, "a", encoding="utf-8") as file:
            file.write(body)

    with open(os.environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
        number = json.load(file).get("pull_request", {}).get("number")
    try:
        if number is not None:
            there = earlier(number, mark, os.environ.get("AUTHOR") or "github-actions[bot]")
            if there is None:
                github("POST", f"/issues/{number}/comments", {"body": body})
            else:
                github("PATCH", f"/issues/comments/{there}", {"body": body})
    except urllib.error.HTTPError as refused:
        if refused.code not in (401, 403):
            raise
        # The token of a pull request from a fork may only read.
        print(f"::warning::GitHub refused the comment ({refused.code}); it is in the job's summary")
    sys.exit(1 if linted != 0 or compared not in (0, 1) else 0)


main()
