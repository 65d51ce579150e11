// The OWASP API rules of Spectral, all but these.

import owasp from "@stoplight/spectral-owasp-ruleset";

const off = [
  // What comes in is bounded as a whole (1 MiB a body, 8 KiB an address), free text of bodies by its
  // own maxLength, the rest by its format; what goes out is made of what came in.
  "owasp:api4:2023-string-limit",
  "owasp:api4:2023-string-restricted",
  "owasp:api4:2023-array-limit",
  "owasp:api4:2023-integer-limit",
  "owasp:api4:2023-integer-format",
  // Other origins are let in by the operator's list, and the header stands only on answers to them.
  "owasp:api8:2023-define-cors-origin",
  // It asks for a 401 of operations that need no token too; tests/it/openapi.rs asks where one is.
  "owasp:api8:2023-define-error-responses-401",
  // How a program proves who it is at the token endpoint (RFC 6749 section 2.3.1), over TLS.
  "owasp:api2:2023-no-http-basic",
  // The address is that of whoever serves the document: the operator's, not ours to name.
  "owasp:api9:2023-inventory-access",
  "owasp:api9:2023-inventory-environment",
];

/** Health is asked by machines, every second, and not counted. */
const uncounted = ["live", "ready"].map((name) => `**#/paths/~1health~1${name}`);

export default {
  extends: [[owasp.default ?? owasp, "recommended"]],
  rules: Object.fromEntries(off.map((name) => [name, "off"])),
  overrides: [
    {
      files: uncounted,
      rules: {
        "owasp:api4:2023-rate-limit": "off",
        "owasp:api4:2023-rate-limit-responses-429": "off",
      },
    },
  ],
};
