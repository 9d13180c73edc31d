package dev.gradwire.service.telemetry;

import com.google.protobuf.CodedOutputStream;
import io.grpc.Metadata;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The server's load as ORCA reports it (xds.data.orca.v3.OrcaLoadReport), for load balancers that weigh replicas. The
 * message is written by hand: the library that has it brings 48 MB for these few fields.
 */
public final class LoadReports {
    /** The trailer of a report for one call. */
    static final Metadata.Key<byte[]> TRAILER =
            Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private static final long FRESH_NANOS = 100_000_000;

    private static final int CPU_UTILIZATION = 1;
    private static final int MEM_UTILIZATION = 2;
    private static final int UTILIZATION = 5;
    private static final int APPLICATION_UTILIZATION = 9;
    private static final int MAP_KEY = 1;
    private static final int MAP_VALUE = 2;

    private final Map<String, DoubleSupplier> utilization = new LinkedHashMap<>();
    private volatile DoubleSupplier application = () -> 0;
    private volatile DoubleSupplier memory = () -> 0;
    private volatile @Nullable Sampled last;

    private static final class Sampled {
        private final byte[] report;
        private final long nanos;

        private Sampled(byte[] report, long nanos) {
            this.report = report;
            this.nanos = nanos;
        }
    }

    /**
     * To be called once, before there are calls.
     *
     * @param lanes part of the lanes at work, those that runs wait for included: above 1 when there are too few
     * @param budget part of the tensor memory that is held, from 0 to 1
     */
    public void observe(DoubleSupplier lanes, DoubleSupplier budget) {
        application = lanes;
        memory = budget;
        utilization.put("budget", budget);
        utilization.put("lanes", () -> Math.min(1, lanes.getAsDouble()));
    }

    void addTo(Metadata trailers) {
        trailers.put(TRAILER, report());
    }

    /** A report that is at the most a tenth of a second old. Must not be changed. */
    byte[] report() {
        Sampled known = last;
        long now = System.nanoTime();
        if (known == null || now - known.nanos > FRESH_NANOS) {
            known = new Sampled(write(), now);
            last = known;
        }
        return known.report;
    }

    private byte[] write() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            out.writeDouble(CPU_UTILIZATION, cpu());
            out.writeDouble(MEM_UTILIZATION, memory.getAsDouble());
            for (Map.Entry<String, DoubleSupplier> entry : utilization.entrySet()) {
                ByteArrayOutputStream item = new ByteArrayOutputStream();
                CodedOutputStream pair = CodedOutputStream.newInstance(item);
                pair.writeString(MAP_KEY, entry.getKey());
                pair.writeDouble(MAP_VALUE, entry.getValue().getAsDouble());
                pair.flush();
                out.writeByteArray(UTILIZATION, item.toByteArray());
            }
            out.writeDouble(APPLICATION_UTILIZATION, application.getAsDouble());
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Of all processors that this process may use. */
    private static double cpu() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? Math.max(0, system.getProcessCpuLoad())
                : 0;
    }
}
