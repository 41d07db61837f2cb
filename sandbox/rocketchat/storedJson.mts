/** JSON that keeps dates and bytes, which MongoDB's documents hold and JSON does not. */
export function encode(value: unknown): string {
	return JSON.stringify(value, function (this: Record<string, unknown>, key, encoded) {
		const raw = this[key];
		if (raw instanceof Date) return { $date: raw.getTime() };
		if (raw instanceof Uint8Array) return { $bytes: Buffer.from(raw).toString('base64') };
		return encoded;
	});
}

/** The reverse of {@link encode}. */
export function decode<T>(text: string): T {
	return JSON.parse(text, (_key, value) => {
		if (typeof value?.$date === 'number') return new Date(value.$date);
		if (typeof value?.$bytes === 'string') return new Uint8Array(Buffer.from(value.$bytes, 'base64'));
		return value;
	});
}
