/** Stands in for `writeAll` of `@std/io`: a writer may take fewer bytes than it was given. */
export async function writeAll(writer, bytes) {
	let written = 0;
	while (written < bytes.length) {
		written += await writer.write(bytes.subarray(written));
	}
}
