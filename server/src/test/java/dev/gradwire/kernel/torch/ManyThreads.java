package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.Lane;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Each part on a thread of its own, as far as there are threads. */
final class ManyThreads implements Lane {
    /** The most parts that work was cut into. */
    int most = 1;

    @Override
    public void poll() {}

    @Override
    public void split(int parts, IntConsumer part) {
        most = Math.max(most, parts);
        CompletableFuture.allOf(IntStream.range(0, parts)
                        .mapToObj(i -> CompletableFuture.runAsync(() -> part.accept(i)))
                        .toArray(CompletableFuture[]::new))
                .join();
    }
}
