// SPDX-License-Identifier: Apache-2.0
// passkey: a real browser with a virtual authenticator, and @simplewebauthn/server as a second verifier of what it makes.
// One JSON object a line in, one out; tests/flow/lib/browser.py speaks to it.
// Usage: node passkey.mjs CHROMIUM SPKI-OF-THE-SITE (SHA-256, base64)
import { createPrivateKey, sign, webcrypto } from 'node:crypto';
import { createInterface } from 'node:readline';

globalThis.crypto ??= webcrypto; // Debian 12's node has it in its module only
const { chromium } = await import('playwright-core');
const { verifyAuthenticationResponse, verifyRegistrationResponse } = await import('@simplewebauthn/server');

const [executablePath, spki] = process.argv.slice(2);
/** Milliseconds. How long a browser may take is no matter of ours. */
const PATIENCE = 300_000;
const browser = await chromium.launch({
	executablePath, headless: true, timeout: PATIENCE,
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
		'--disable-component-update', '--disable-sync', `--ignore-certificate-errors-spki-list=${spki}`],
});
const context = await browser.newContext();
context.setDefaultTimeout(PATIENCE);
const page = await context.newPage();
const devtools = await context.newCDPSession(page);
const { authenticatorId } = await (async () => {
	await devtools.send('WebAuthn.enable');
	return devtools.send('WebAuthn.addVirtualAuthenticator', {
		options: { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true,
			hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
	});
})();

/** What the site's own pages are to come with: the policy of its documents. */
const POLICY = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:", "connect-src 'self'",
	"worker-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
	"require-trusted-types-for 'script'"].join('; ');
const BLANK = {
	contentType: 'text/html; charset=utf-8', body: '<!doctype html><html lang="en"><title>blank</title>',
	headers: { 'content-security-policy': POLICY, 'cross-origin-opener-policy': 'same-origin',
		'cross-origin-embedder-policy': 'require-corp', 'cross-origin-resource-policy': 'same-origin',
		'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' },
};

const unb64 = (text) => Buffer.from(text, 'base64url');

/** verdict(call): what the second verifier thinks of it. */
async function verdict(call) {
	try {
		const got = await call();
		return { taken: got.verified, info: got.registrationInfo ?? got.authenticationInfo };
	} catch (error) {
		return { taken: false, why: String(error.message) };
	}
}

/** The credential as the virtual authenticator keeps it. */
async function kept(id) {
	const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
	return credentials.find((one) => Buffer.from(one.credentialId, 'base64').equals(unb64(id)));
}

const verbs = {
	/** An empty document on that origin; nothing is asked of the network for it. */
	async open({ origin }) {
		await page.route(origin + '/blank', (route) => route.fulfill(BLANK));
		await page.goto(origin + '/blank');
		return { secure: await page.evaluate(() => window.isSecureContext), origin: await page.evaluate(() => location.origin) };
	},
	/** From inside of the page: the site's real routes, under its real policy. */
	fetch: (asked) => page.evaluate(async ({ method, path, token, body }) => {
		const got = await fetch(path, { method, body: body === undefined ? undefined : JSON.stringify(body),
			headers: { 'content-type': 'application/json', authorization: 'Bearer ' + token } });
		const text = await got.text();
		return { status: got.status, body: text === '' ? null : JSON.parse(text) };
	}, asked),
	create: ({ options }) => page.evaluate(async (publicKey) => {
		try {
			const made = await navigator.credentials.create({
				publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
			return { response: made.toJSON() };
		} catch (error) {
			return { error: error.name };
		}
	}, options),
	get: ({ options }) => page.evaluate(async (publicKey) => {
		try {
			const made = await navigator.credentials.get({
				publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
			return { response: made.toJSON() };
		} catch (error) {
			return { error: error.name };
		}
	}, options),
	/** Whether it says from now on that it has verified the person. */
	verified: ({ value }) => devtools.send('WebAuthn.setResponseOverrideBits', { authenticatorId, isBadUV: !value }),
	/** The same credential with another counter: as a copy of the authenticator has it. */
	async count({ id, to }) {
		const credential = await kept(id);
		await devtools.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId });
		await devtools.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount: to } });
		return {};
	},
	/** What the authenticator never would, but a thief of its key. */
	async sign({ id, data, client }) {
		const key = createPrivateKey({ key: Buffer.from((await kept(id)).privateKey, 'base64'), format: 'der', type: 'pkcs8' });
		const hash = Buffer.from(await crypto.subtle.digest('SHA-256', unb64(client)));
		return { signature: sign('sha256', Buffer.concat([unb64(data), hash]), key).toString('base64url') };
	},
	async register({ response, challenge, origin, host }) {
		const got = await verdict(() => verifyRegistrationResponse({ response, expectedChallenge: challenge,
			expectedOrigin: origin, expectedRPID: host, requireUserVerification: true,
			supportedAlgorithmIDs: [-7, -8, -257] }));
		const credential = got.info?.credential;
		return { taken: got.taken, why: got.why, credential: credential && {
			id: credential.id, counter: credential.counter, key: Buffer.from(credential.publicKey).toString('base64url') } };
	},
	async authenticate({ response, challenge, origin, host, credential }) {
		const got = await verdict(() => verifyAuthenticationResponse({ response, expectedChallenge: challenge,
			expectedOrigin: origin, expectedRPID: host, requireUserVerification: true,
			credential: { id: credential.id, counter: credential.counter, publicKey: new Uint8Array(unb64(credential.key)) } }));
		return { taken: got.taken, why: got.why, counter: got.info?.newCounter };
	},
};

console.log(JSON.stringify({ version: browser.version() }));
for await (const line of createInterface({ input: process.stdin })) {
	const { verb, ...asked } = JSON.parse(line);
	try {
		console.log(JSON.stringify(await verbs[verb](asked) ?? {}));
	} catch (error) {
		console.log(JSON.stringify({ failed: String(error.stack) }));
	}
}
await browser.close();
