// A way to the server that can be slow, broken off and closed: a relay of bytes between
// the browser and nginx. What it passes on is what the other side sent.
'use strict';

const net = require('node:net');

/** @param {string} target  the address of the server */
async function makeRelay(target) {
	const { hostname, port } = new URL(target);
	const sockets = new Set();
	// answers: 'pass', 'hold' (until they are let go) or 'lose' (the request arrives, its answer does not).
	const relay = { answers: 'pass', held: [], open: true };

	const server = net.createServer((client) => {
		if (!relay.open) {
			client.destroy();
			return;
		}
		const upstream = net.connect(Number(port), hostname);
		for (const socket of [client, upstream]) {
			sockets.add(socket);
			socket.on('error', () => socket.destroy());
			socket.on('close', () => sockets.delete(socket));
		}
		client.on('data', (bytes) => upstream.write(bytes));
		client.on('close', () => upstream.destroy());
		upstream.on('data', (bytes) => {
			if (relay.answers === 'hold') relay.held.push(() => client.write(bytes));
			else if (relay.answers === 'lose') client.destroy();
			else client.write(bytes);
		});
		upstream.on('close', () => client.end());
	});
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });

	const drop = () => sockets.forEach((socket) => socket.destroy());
	return {
		address: `http://127.0.0.1:${server.address().port}/`,
		hold() { relay.answers = 'hold'; },
		lose() { relay.answers = 'lose'; },
		pass() {
			relay.answers = 'pass';
			for (const write of relay.held.splice(0)) write();
		},
		/** Nobody answers there any more. */
		shut() {
			relay.open = false;
			drop();
		},
		open() { relay.open = true; },
		close() {
			drop();
			server.close();
		},
	};
}

module.exports = { makeRelay };
