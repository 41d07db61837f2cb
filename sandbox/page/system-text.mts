import type { MessageDocument } from '../rocketchat/index.mts';

interface Transfer {
	transferredTo?: { name?: string; username: string };
	nextDepartment?: { name: string };
}

/** A system message in words close to those of Rocket.Chat. */
export function systemText({ t, msg, u, transferData }: MessageDocument): string {
	switch (t) {
		case 'livechat-started':
			return 'The conversation began';
		case 'uj':
			return `${msg} joined`;
		case 'ul':
			return `${msg} left`;
		case 'livechat-close':
			return msg === '' ? `Closed by ${u.username}` : `Closed by ${u.username}: ${msg}`;
		case 'livechat_transfer_history':
			return `Forwarded by ${u.username} to ${targetOf(transferData as Transfer | undefined)}`;
		default:
			return msg === '' ? String(t) : msg;
	}
}

function targetOf({ transferredTo, nextDepartment }: Transfer = {}): string {
	return transferredTo?.name ?? transferredTo?.username ?? nextDepartment?.name ?? 'somebody else';
}
