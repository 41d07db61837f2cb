import { deflateSync } from 'node:zlib';

/** Red, green and blue, from 0 to 255. */
type Colour = readonly [number, number, number];

const WIDTH = 480;
const HEIGHT = 320;

/** A picture to send: a PNG drawn here, so that no file of somebody else's is needed. */
export interface Picture {
	name: string;
	bytes: Uint8Array;
}

/** What a contact might send: hills in the evening. */
export function landscape(): Picture {
	return {
		name: 'evening.png',
		bytes: png((x, y) => {
			const sun = Math.hypot(x - 340, y - 118);
			if (y > 250 + 22 * Math.sin(x / 61 + 2)) return [38, 70, 83];
			if (y > 205 + 30 * Math.sin(x / 88)) return [62, 102, 104];
			if (sun < 40) return [255, 236, 179];
			return blend(
				[246, 140, 96],
				[92, 110, 168],
				Math.min(1, Math.max(0, 1 - y / 230 + 12 / Math.max(sun, 40) - 0.2)),
			);
		}),
	};
}

/** What an agent might send: the way to the health centre. */
export function streetMap(): Picture {
	return {
		name: 'way-to-us.png',
		bytes: png((x, y) => {
			const pin = Math.hypot(x - 318, y - 96);
			if (pin < 9) return [255, 255, 255];
			if (pin < 24 || (y > 96 && y < 142 && Math.abs(x - 318) < (142 - y) / 2.4)) return [214, 64, 69];
			if (Math.abs(y - 0.35 * x - 40) < 13 || Math.abs(x - 130) < 11 || Math.abs(y - 248) < 9) return [255, 255, 255];
			if (Math.hypot(x - 60, y - 170) < 52 || Math.hypot(x - 420, y - 300) < 70) return [188, 220, 184];
			if (Math.abs(y - 30 - 18 * Math.sin(x / 70)) < 16) return [166, 205, 232];
			return (Math.floor(x / 48) + Math.floor(y / 40)) % 2 === 0 ? [236, 233, 224] : [231, 227, 216];
		}),
	};
}

function blend(from: Colour, to: Colour, share: number): Colour {
	const mix = (index: 0 | 1 | 2) => Math.round(from[index] + (to[index] - from[index]) * share);
	return [mix(0), mix(1), mix(2)];
}

function png(colourAt: (x: number, y: number) => Colour): Uint8Array {
	const rows = Buffer.alloc(HEIGHT * (1 + WIDTH * 3));
	for (let y = 0; y < HEIGHT; y++) {
		for (let x = 0; x < WIDTH; x++) rows.set(colourAt(x, y), y * (1 + WIDTH * 3) + 1 + x * 3);
	}
	const header = Buffer.alloc(13);
	header.writeUInt32BE(WIDTH, 0);
	header.writeUInt32BE(HEIGHT, 4);
	// 8 bits a channel, red, green and blue.
	header.set([8, 2, 0, 0, 0], 8);
	const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	return Buffer.concat([
		signature,
		chunk('IHDR', header),
		chunk('IDAT', deflateSync(rows)),
		chunk('IEND', Buffer.alloc(0)),
	]);
}

function chunk(type: string, data: Buffer): Buffer {
	const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	const frame = Buffer.alloc(4);
	frame.writeUInt32BE(data.length);
	const check = Buffer.alloc(4);
	check.writeUInt32BE(checksum(content));
	return Buffer.concat([frame, content, check]);
}

/** PNG's CRC-32; Node's own came after 20.0. */
function checksum(bytes: Uint8Array): number {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return (crc ^ 0xffffffff) >>> 0;
}
