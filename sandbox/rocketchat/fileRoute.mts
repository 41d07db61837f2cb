import express, { type Router } from 'express';
import type { Files } from './files.mts';
import type { Sessions } from './sessions.mts';

/**
 * `/file-upload/<id>/<name>`, of which only the id counts; refused with 403 and an empty body
 * (docs/reference/rocketchat.md#files).
 */
export function fileRouter(files: Files, sessions: Sessions): Router {
	const router = express.Router();
	router.get(/^\/([^/]+)\/(.*)/, async (request, response) => {
		const upload = await files.byId(request.params[0]);
		if (!upload) {
			response.status(404).end();
			return;
		}
		const query = request.query as Record<string, string | undefined>;
		const user = await sessions.user(
			request.header('x-user-id') ?? query.rc_uid,
			request.header('x-auth-token') ?? (query.rc_room_type ? undefined : query.rc_token),
		);
		const credentials = { user, roomType: query.rc_room_type, roomId: query.rc_rid, visitorToken: query.rc_token };
		if (!(await files.mayRead(upload, credentials))) {
			response.status(403).end();
			return;
		}
		response.set({
			'Content-Type': upload.type,
			'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(upload.name)}`,
			'Cache-Control': 'max-age=31536000',
			'Content-Security-Policy': "default-src 'none'",
		});
		response.end(Buffer.from(upload.bytes));
	});
	return router;
}
