/** Draws `icon.png`: a ticket that speaks. Run it after changing the drawing; the picture is committed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { ROOT } from './project.mjs';

const SIZE = 128;
/** The side of the square on which the shapes are drawn. */
const CANVAS = 256;
const BACKGROUND = [0xc8, 0x3a, 0x2e];
const TICKET = [0xff, 0xff, 0xff];

/** Signed distances to the edges of shapes: negative inside. */
const circle = (cx, cy, radius) => (x, y) => Math.hypot(x - cx, y - cy) - radius;
const box = (cx, cy, halfWidth, halfHeight, radius) => (x, y) => {
	const dx = Math.abs(x - cx) - halfWidth + radius;
	const dy = Math.abs(y - cy) - halfHeight + radius;
	return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
};
const halfPlane = (px, py, angle) => (x, y) => (x - px) * Math.cos(angle) + (y - py) * Math.sin(angle);
const all =
	(...shapes) =>
	(x, y) =>
		Math.max(...shapes.map((shape) => shape(x, y)));
const any =
	(...shapes) =>
	(x, y) =>
		Math.min(...shapes.map((shape) => shape(x, y)));
const without = (shape, hole) => (x, y) => Math.max(shape(x, y), -hole(x, y));

const plate = box(128, 128, 124, 124, 52);
const tail = all(halfPlane(84, 0, Math.PI), halfPlane(0, 150, -Math.PI / 2), halfPlane(84, 214, Math.PI / 4));
const notches = any(circle(44, 116, 16), circle(212, 116, 16));
const perforation = any(...[82, 105, 128, 151].map((y) => box(164, y, 4, 7, 4)));
const ticket = without(any(box(128, 116, 84, 54, 14), tail), any(notches, perforation));

writeFileSync(join(ROOT, 'icon.png'), png(pixels()));

/** Rows of RGBA, each behind the byte that says it is not filtered. */
function pixels() {
	const rows = Buffer.alloc(SIZE * (1 + 4 * SIZE));
	for (let y = 0; y < SIZE; y++) {
		for (let x = 0; x < SIZE; x++) {
			const [drawnX, drawnY] = [x, y].map((at) => ((at + 0.5) * CANVAS) / SIZE);
			rows.set(colour(drawnX, drawnY), y * (1 + 4 * SIZE) + 1 + 4 * x);
		}
	}
	return rows;
}

function colour(x, y) {
	const inTicket = coverage(ticket(x, y));
	const mixed = BACKGROUND.map((channel, i) => Math.round(channel + (TICKET[i] - channel) * inTicket));
	return [...mixed, Math.round(255 * coverage(plate(x, y)))];
}

/** How much of a pixel lies inside a shape whose edge is `distance` away: a soft edge one pixel wide. */
function coverage(distance) {
	return Math.min(Math.max(0.5 - (distance * SIZE) / CANVAS, 0), 1);
}

function png(rows) {
	const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 6, 0, 0, 0]);
	header.writeUInt32BE(SIZE, 0);
	header.writeUInt32BE(SIZE, 4);
	return Buffer.concat([
		Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
		chunk('IHDR', header),
		chunk('IDAT', deflateSync(rows, { level: 9 })),
		chunk('IEND', Buffer.alloc(0)),
	]);
}

function chunk(type, data) {
	const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	const frame = Buffer.alloc(8 + typed.length);
	frame.writeUInt32BE(data.length, 0);
	typed.copy(frame, 4);
	frame.writeUInt32BE(crc32(typed), 4 + typed.length);
	return frame;
}
