package dev.gradwire.service.telemetry;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Java and the operating system know of the process, by OpenTelemetry's names for it. */
final class ProcessMetrics {
    private static final double MILLISECONDS = 1e-3;
    private static final double NANOSECONDS = 1e-9;
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";

    private ProcessMetrics() {}

    static void observe(Metrics metrics) {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        metrics.observe(
                Metric.JVM_MEMORY_USED,
                "heap",
                () -> memory.getHeapMemoryUsage().getUsed());
        metrics.observe(
                Metric.JVM_MEMORY_USED,
                "non_heap",
                () -> memory.getNonHeapMemoryUsage().getUsed());
        metrics.observe(
                Metric.JVM_MEMORY_LIMIT,
                "heap",
                () -> memory.getHeapMemoryUsage().getMax());
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().equals("direct")) {
                metrics.observe(Metric.JVM_MEMORY_USED, "direct", pool::getMemoryUsed);
            }
        }
        metrics.observe(Metric.JVM_MEMORY_USED, "netty", PlatformDependent::usedDirectMemory);
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            metrics.observeDouble(
                    Metric.JVM_GC_TIME, collector.getName(), () -> collector.getCollectionTime() * MILLISECONDS);
        }
        metrics.observe(Metric.JVM_THREADS, ManagementFactory.getThreadMXBean()::getThreadCount);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            metrics.observeDouble(Metric.PROCESS_CPU_TIME, null, () -> system.getProcessCpuTime() * NANOSECONDS);
            metrics.observe(Metric.PROCESS_DESCRIPTORS, system::getOpenFileDescriptorCount);
        }
        if (Files.isReadable(STATUS)) {
            metrics.observe(Metric.PROCESS_MEMORY, ProcessMetrics::residentBytes);
        }
    }

    private static long residentBytes() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith(RESIDENT))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
