package dev.gradwire.kernel.vector;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

class WarmUpTest {
    private static final long MINUTE = 60_000_000_000L;

    @Test
    void everyLoopThatItCallsIsThere() {
        Primitives[] vectors = {new FloatVectors(), new DoubleVectors(), new Ints(), new Longs(), new Bools()};
        Primitives[] scalars = {new FloatScalars(), new DoubleScalars(), new Ints(), new Longs(), new Bools()};
        assertThatCode(() -> WarmUp.run(vectors, 2, System.nanoTime() + MINUTE)).doesNotThrowAnyException();
        assertThatCode(() -> WarmUp.run(scalars, 2, System.nanoTime() + MINUTE)).doesNotThrowAnyException();
    }
}
