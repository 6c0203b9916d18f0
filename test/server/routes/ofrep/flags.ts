/** A miniature repository that uses every kind of decision, for tests of OFREP. */
import { Remote } from "../../setup/remote.ts";

const project = `environments: [production, test]
attributes:
  country: string
  app_version: version
  age: number
`;

const files = {
  "bunting.yaml": project,
  "flags/plain.yaml": "description: Plain\nenabled: true\n",
  "flags/killed.yaml": `description: Killed
enabled: false
environments:
  test:
    enabled: true
`,
  "flags/half.yaml": "description: Half\nenabled: true\nrollout: 50\n",
  "flags/nordic.yaml": `description: Nordic
enabled: true
rollout: 0
rules:
  - name: the secret rule
    if: { country: [SE, DK] }
    enabled: true
private: true
`,
  "flags/colour.yaml": `description: Colour
enabled: true
variants:
  green: "#00aa77"
  orange: "#dd5500"
`,
  "flags/limit.yaml": `description: Limit
enabled: false
variants:
  low: 2
  high: 2.5
`,
  "flags/layout.yaml": `description: Layout
enabled: true
rules:
  - name: adults
    if: { age: { min: 18 } }
    variant: wide
variants:
  narrow: { columns: 1 }
  wide: { columns: 2 }
`,
};

/** The names of the flags, sorted. */
export const names = ["colour", "half", "killed", "layout", "limit", "nordic", "plain"];

export function ofrepRemote(): Remote {
  return new Remote(files);
}

export const path = "/ofrep/v1/evaluate/flags";
