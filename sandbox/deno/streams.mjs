/** Stands in for `toArrayBuffer` of `@std/streams`. */
export function toArrayBuffer(stream) {
	return new Response(stream).arrayBuffer();
}
