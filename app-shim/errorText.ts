/**
 * The words of whatever was thrown. Engines 1.43 to 1.46 throw JSON-RPC error objects, which are no `Error`s and hold
 * their message one level down.
 */
export function errorText(thrown: unknown): string {
	const { message, error } = Object(thrown) as { message?: unknown; error?: { message?: unknown } };
	return String(message || error?.message || thrown);
}
