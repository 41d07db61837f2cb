/** A Rocket.Chat node of a cluster, for Node 14. */
import './node14Globals.mts';
import '../rocketchat/cluster/node.mts';
