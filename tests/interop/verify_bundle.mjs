// Verify a bundle with @sigstore/verify and one known key: node verify_bundle.mjs MODULES BUNDLE PUBLIC_KEY
import { createRequire } from 'node:module';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [modules, bundlePath, keyPath] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { bundleFromJSON } = require('@sigstore/bundle');
const { Verifier, toSignedEntity } = require('@sigstore/verify');

const pem = readFileSync(keyPath, 'utf8');
const bundle = bundleFromJSON(JSON.parse(readFileSync(bundlePath, 'utf8')));
const hint = bundle.verificationMaterial.content.publicKey.hint;
const trust = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  publicKey: (asked) => {
    if (asked !== hint) throw new Error(`another key was asked for: ${asked}`);
    return { publicKey: createPublicKey(pem), validFor: () => true };
  },
};
const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0 });
verifier.verify(toSignedEntity(bundle));
console.log('accepted', hint);
