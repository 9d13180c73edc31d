package dev.gradwire.service.telemetry;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Duration;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.WireFormat;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Load reports out of band (xds.service.orca.v3.OpenRcaService): one stream for as long as a balancer likes, a report
 * each time its interval is over.
 */
public final class LoadReportService implements AutoCloseable {
    private static final String SERVICE = "xds.service.orca.v3.OpenRcaService";
    private static final int REPORT_INTERVAL = 1;

    /** What is asked for faster comes this fast. */
    private static final long LEAST_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try (stream) {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    /** Requests and reports as they are on the wire. */
    public static final MethodDescriptor<byte[], byte[]> STREAM = MethodDescriptor.newBuilder(BYTES, BYTES)
            .setType(MethodType.SERVER_STREAMING)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "StreamCoreMetrics"))
            .setSampledToLocalTracing(true)
            .build();

    private final LoadReports loads;
    private final Set<ServerCallStreamObserver<byte[]>> balancers = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("load-reports").factory());

    LoadReportService(LoadReports loads) {
        this.loads = loads;
    }

    ServerServiceDefinition definition() {
        return ServerServiceDefinition.builder(SERVICE)
                .addMethod(STREAM, ServerCalls.asyncServerStreamingCall(this::stream))
                .build();
    }

    private void stream(byte[] request, StreamObserver<byte[]> observer) {
        ServerCallStreamObserver<byte[]> balancer = (ServerCallStreamObserver<byte[]>) observer;
        long nanos;
        try {
            nanos = intervalNanos(request);
        } catch (IOException e) {
            balancer.onError(Status.INVALID_ARGUMENT
                    .withDescription("the message is no OrcaLoadReportRequest")
                    .asRuntimeException());
            return;
        }
        balancers.add(balancer);
        var reports = clock.scheduleAtFixedRate(() -> send(balancer), 0, nanos, TimeUnit.NANOSECONDS);
        balancer.setOnCancelHandler(() -> {
            reports.cancel(false);
            balancers.remove(balancer);
        });
    }

    private void send(ServerCallStreamObserver<byte[]> balancer) {
        if (balancer.isReady()) { // else it has not read the last one
            balancer.onNext(loads.report());
        }
    }

    /** A duration that cannot be counts as none. */
    private static long intervalNanos(byte[] request) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(request);
        Duration.Builder interval = Duration.newBuilder();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == REPORT_INTERVAL) {
                in.readMessage(interval, ExtensionRegistryLite.getEmptyRegistry());
            } else {
                in.skipField(tag);
            }
        }
        return Math.max(LEAST_NANOS, TimeUnit.SECONDS.toNanos(interval.getSeconds()) + interval.getNanos());
    }

    /** Ends all streams: a server that drains must not wait for balancers. */
    @Override
    public void close() {
        clock.shutdownNow();
        balancers.forEach(balancer -> balancer.onError(Status.UNAVAILABLE
                .withDescription("the server is shutting down")
                .asRuntimeException()));
        balancers.clear();
    }
}
