"""The keys of a deployed stack.

- Nothing is due in a new stack, and nothing is done.
- A tenant's branch key leaked: tokens, sessions and users from before go on, in functions that know the new key and in those that
  do not yet.
- A signing key leaked: another one signs and is published, and nothing that the leaked one signed counts.
"""

import base64
import json
import subprocess
import urllib.error

import audit
import stack
from processes import Failed, say, wait_until

DONE_NOTHING = {"signing_keys_made": [], "signing_keys_retired": [], "signing_keys_removed": 0, "branch_keys_rotated": 0}


class Merchant:
    """A tenant's server, and somebody who checks its users' tokens offline."""

    def __init__(self, deployed, credentials, countersign, work):
        self.deployed, self.countersign, self.jwks = deployed, countersign, work / "jwks.json"
        self.tenant, self.key = credentials

    def call(self, method, path, body=None):
        try:
            return audit.call(self.deployed.base_url(), self.key, method, path, body)
        except urllib.error.HTTPError as error:
            raise Failed(f"{method} {path} was answered {error.code}: {error.read().decode(errors='replace')}") from None

    def enrol(self):
        return self.call("POST", "/v1/enrollments", {"factors": audit.FACTORS})["user_id"]

    def verify(self, user):
        """The tokens of a user who presents both factors."""
        opened = self.call("POST", "/v1/verifications", {"user_id": user})
        return self.call("POST", f"/v1/verifications/{opened['verification_id']}/attempts", {"factors": audit.FACTORS})

    def refresh(self, tokens):
        return self.call("POST", "/v1/sessions/refresh", {"refresh_token": tokens["refresh_token"]})

    def introspect(self, tokens):
        return self.call("POST", "/v1/sessions/introspect", {"token": tokens["access_token"]})["active"]

    def accepts_offline(self, tokens):
        """Whether the token passes with the keys that are published now."""
        self.jwks.write_text(json.dumps(self.call("GET", "/.well-known/jwks.json")))
        done = subprocess.run(
            [str(self.countersign), "token", "check", "--tenant", self.tenant, "--issuer", stack.ISSUER,
             "--jwks", str(self.jwks)], input=tokens["access_token"], env=self.deployed.cloud.environment(), timeout=60,
            capture_output=True, text=True, check=False)
        if done.returncode != 0 and "the token does not count" not in done.stderr:
            raise Failed(f"token check: {done.stderr}")
        return done.returncode == 0


def rotate(deployed, merchant):
    """The whole story of the keys."""
    expect("nothing is due", invoke(deployed, "every-hour"), DONE_NOTHING)
    branch_key_leaked(deployed, merchant)
    signing_key_leaked(deployed, merchant)


def branch_key_leaked(deployed, merchant):
    user = merchant.enrol()
    before = merchant.verify(user)
    done = invoke(deployed, "branch-key-leaked", tenant_id=merchant.tenant)
    expect("the branch key is rotated", done, DONE_NOTHING | {"branch_keys_rotated": 1})
    # From now on initiate seals under the new key, while the others keep the old one for some minutes.
    stack.deploy_alone(deployed.cloud, "initiate")
    expect("an old token counts", merchant.introspect(before), True)
    expect("an old session goes on", merchant.introspect(merchant.refresh(before)), True)
    expect("an old user is verified", merchant.accepts_offline(merchant.verify(user)), True)
    expect("a new user is verified", merchant.accepts_offline(merchant.verify(merchant.enrol())), True)
    say("a branch key was rotated, and nobody noticed")


def signing_key_leaked(deployed, merchant):
    user = merchant.enrol()
    before = merchant.verify(user)
    leaked = signed_by(before)
    expect("the token counts until then", (merchant.introspect(before), merchant.accepts_offline(before)), (True, True))
    done = invoke(deployed, "signing-key-leaked", kid=leaked)
    expect("the leaked key retires", done["signing_keys_retired"], [leaked])
    expect("once", invoke(deployed, "signing-key-leaked", kid=leaked), DONE_NOTHING)
    # Otherwise they keep the leaked key for some minutes.
    for function in ("verify", "jwks"):
        stack.deploy_alone(deployed.cloud, function)
    after = merchant.verify(user)
    expect("the new key signs", [signed_by(after)], done["signing_keys_made"])
    expect("the new key is published alone", (merchant.accepts_offline(after), merchant.accepts_offline(before)), (True, False))
    # Introspection fetches the keys again once it meets the new one, but not more often than every ten seconds.
    wait_until("introspection takes new tokens, and old ones no longer",
               lambda: (merchant.introspect(after), merchant.introspect(before)) == (True, False), 60, pause=1)
    say(f"signing key {leaked} was ended, and {signed_by(after)} signs")


def invoke(deployed, case, **members):
    """What rotate-keys answers to an event, with these members in place of the file's."""
    task = json.loads(audit.event("rotate-keys", case))
    if not members.keys() <= task.keys():
        raise Failed(f"events/rotate-keys/{case}.json has no {sorted(members)}")
    return deployed.invoke("rotate-keys", json.dumps(task | members))


def signed_by(tokens):
    """The `kid` of an access token."""
    header = tokens["access_token"].split(".")[0]
    return json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]


def expect(what, found, wanted):
    if found != wanted:
        raise Failed(f"{what}: {found} instead of {wanted}")
