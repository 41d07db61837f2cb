/**
 * Engine 1.62.0 imports this class from a TypeScript source that its npm package does not contain. Same name, code and
 * `getErrorInfo` as the compiled `definition/exceptions/AppsEngineException.js`.
 */
export class AppsEngineException extends Error {
	static JSONRPC_ERROR_CODE = -32070;
	name = 'AppsEngineException';

	getErrorInfo() {
		return { name: this.name, message: this.message };
	}
}
