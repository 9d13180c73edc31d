package dev.gradwire.service;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.DecompressorRegistry;
import io.grpc.netty.NettyServerBuilder;

/** Holds connections to the limits that the transport enforces, before a call of theirs is seen. */
final class ConnectionLimits {
    private ConnectionLimits() {}

    static NettyServerBuilder apply(Limits limits, NettyServerBuilder builder) {
        return builder.maxInboundMessageSize(limits.getInt(Limit.MAX_MESSAGE_BYTES))
                .maxInboundMetadataSize(limits.getInt(Limit.MAX_HEADER_BYTES))
                .maxConcurrentCallsPerConnection(limits.getInt(Limit.MAX_STREAMS_PER_CONNECTION))
                .handshakeTimeout(limits.get(Limit.MAX_HANDSHAKE_SECONDS), SECONDS)
                .maxConnectionIdle(limits.get(Limit.MAX_CONNECTION_IDLE_SECONDS), SECONDS)
                .maxConnectionAge(limits.get(Limit.MAX_CONNECTION_AGE_SECONDS), SECONDS)
                .maxConnectionAgeGrace(limits.get(Limit.MAX_CONNECTION_GRACE_SECONDS), SECONDS)
                .permitKeepAliveTime(limits.get(Limit.MIN_PING_SECONDS), SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .maxRstFramesPerWindow(
                        limits.getInt(Limit.MAX_RESETS_PER_WINDOW), limits.getInt(Limit.MAX_RESET_WINDOW_SECONDS))
                .decompressorRegistry(unpacking(limits));
    }

    /** Only gzip, and not without bound. */
    private static DecompressorRegistry unpacking(Limits limits) {
        return DecompressorRegistry.emptyInstance()
                .with(io.grpc.Codec.Identity.NONE, false)
                .with(new BoundedGzip(limits.get(Limit.MAX_COMPRESSION_RATIO)), true);
    }
}
