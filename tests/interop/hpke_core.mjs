// SPDX-License-Identifier: Apache-2.0
// hpke_core: our HPKE and @hpke/core read each other's messages.
// Usage: node hpke_core.mjs PATH-OF-HPKE_PEER; exits 77 (skipped) without node_modules.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test, after } from 'node:test';
import { randomBytes, webcrypto } from 'node:crypto';

if (!existsSync(new URL('node_modules/@hpke/core', import.meta.url))) {
	console.error('skipped: npm ci was not run in tests/interop');
	process.exit(77);
}
globalThis.crypto ??= webcrypto;
const { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } = await import('@hpke/core');

const suite = new CipherSuite({
	kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm(),
});
const ENC = 65;

const peer = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
after(() => peer.stdin.end());

const hex = (bytes) => (bytes.byteLength ? Buffer.from(bytes).toString('hex') : '-');
const unhex = (word) => new Uint8Array(word === '-' ? [] : Buffer.from(word, 'hex'));

/** ask(name, ...words): the words of the answer; the first is "done" or "refused". */
async function ask(name, ...words) {
	peer.stdin.write([name, ...words.map(hex)].join(' ') + '\n');
	const { value } = await answers.next();
	return value.split(' ');
}

/** pair(): one key pair, as both sides hold it. */
async function pair() {
	const seed = new Uint8Array(randomBytes(32));
	const [state, scalar, point] = await ask('derive', seed, new Uint8Array());
	assert.equal(state, 'done');
	const keys = await suite.kem.deriveKeyPair(seed);
	return { keys, scalar: unhex(scalar), point: unhex(point) };
}

/** cases(): lengths of info, aad and plain text, empty ones first. */
function* cases() {
	const lengths = [0, 1, 15, 16, 17, 32, 64, 65, 1000, 20000];
	for (const plain of lengths)
		for (const other of [0, 1, 24, 64, 300])
			yield { plain, info: other, aad: other === 0 ? 0 : 301 - other };
}

const filled = (shape) => Object.fromEntries(
	Object.entries(shape).map(([name, len]) => [name, new Uint8Array(randomBytes(len))]));

async function theirSeal(keys, { info, aad, plain }) {
	const sender = await suite.createSenderContext({ recipientPublicKey: keys.publicKey, info });
	const body = new Uint8Array(await sender.seal(plain, aad));
	return new Uint8Array([...new Uint8Array(sender.enc), ...body]);
}

async function theirOpen(keys, { info, aad }, sealed) {
	const recipient = await suite.createRecipientContext({
		recipientKey: keys.privateKey, enc: sealed.slice(0, ENC), info,
	});
	return new Uint8Array(await recipient.open(sealed.slice(ENC), aad));
}

test('both derive the same pair from a seed', async () => {
	for (let i = 0; i < 50; i++) {
		const { keys, scalar, point } = await pair();
		assert.deepEqual(new Uint8Array(await suite.kem.serializePublicKey(keys.publicKey)), point);
		assert.deepEqual(new Uint8Array(await suite.kem.serializePrivateKey(keys.privateKey)), scalar);
	}
});

test('a label stands before the seed', async () => {
	const label = new TextEncoder().encode('tacenda/v1/invitation\0');
	const seed = new Uint8Array(randomBytes(16));
	const [state, , point] = await ask('derive', seed, label);
	assert.equal(state, 'done');
	const keys = await suite.kem.deriveKeyPair(new Uint8Array([...label, ...seed]));
	assert.deepEqual(new Uint8Array(await suite.kem.serializePublicKey(keys.publicKey)), unhex(point));
});

test('we open what they sealed', async () => {
	const { keys, scalar } = await pair();
	for (const shape of cases()) {
		const message = filled(shape);
		const sealed = await theirSeal(keys, message);
		const [state, plain] = await ask('open', scalar, message.info, message.aad, sealed);
		assert.equal(state, 'done');
		assert.deepEqual(unhex(plain), message.plain);
	}
});

test('they open what we sealed', async () => {
	const { keys, point } = await pair();
	for (const shape of cases()) {
		const message = filled(shape);
		const [state, sealed] = await ask('seal', point, message.info, message.aad, message.plain);
		assert.equal(state, 'done');
		assert.deepEqual(await theirOpen(keys, message, unhex(sealed)), message.plain);
	}
});

test('both refuse every changed byte', async () => {
	const { keys, scalar, point } = await pair();
	const message = filled({ info: 8, aad: 8, plain: 32 });
	const ours = unhex((await ask('seal', point, message.info, message.aad, message.plain))[1]);
	const theirs = await theirSeal(keys, message);
	for (const [sealed, at] of [ours, theirs].flatMap((s) => [...s.keys()].map((i) => [s, i]))) {
		const changed = sealed.slice();
		changed[at] ^= 0x10;
		assert.deepEqual(await ask('open', scalar, message.info, message.aad, changed), ['refused', 'corrupt']);
		await assert.rejects(theirOpen(keys, message, changed));
	}
});

test('both refuse other info, aad and recipient', async () => {
	const { keys, scalar, point } = await pair();
	const other = await pair();
	const message = filled({ info: 8, aad: 8, plain: 32 });
	const wrong = [{ ...message, info: message.aad }, { ...message, aad: message.info }];
	const ours = unhex((await ask('seal', point, message.info, message.aad, message.plain))[1]);
	const theirs = await theirSeal(keys, message);
	for (const sealed of [ours, theirs]) {
		for (const { info, aad } of wrong) {
			assert.deepEqual(await ask('open', scalar, info, aad, sealed), ['refused', 'corrupt']);
			await assert.rejects(theirOpen(keys, { info, aad }, sealed));
		}
		assert.deepEqual(await ask('open', other.scalar, message.info, message.aad, sealed), ['refused', 'corrupt']);
		await assert.rejects(theirOpen(other.keys, message, sealed));
	}
});
