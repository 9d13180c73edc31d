package dev.gradwire.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.pass.Packing.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PackingTest {
    /** Both ways of placing: in several orders, and many by birth. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 300, 2000})
    void whatLivesAtOneTimeDoesNotOverlap(int count) {
        Random random = new Random(count);
        List<Interval> intervals = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            intervals.add(new Interval(1L + random.nextInt(9000), i, i + random.nextInt(20)));
        }
        Packing packing = Packing.of(intervals);
        for (int i = 0; i < count; i++) {
            long from = packing.offsets().get(i);
            assertThat(from % Offsets.ALIGNMENT).isZero();
            assertThat(from + intervals.get(i).bytes()).isLessThanOrEqualTo(packing.length());
            for (int j = 0; j < i; j++) {
                long other = packing.offsets().get(j);
                boolean apart = from + intervals.get(i).bytes() <= other
                        || other + intervals.get(j).bytes() <= from;
                assertThat(apart || !intervals.get(i).overlaps(intervals.get(j)))
                        .isTrue();
            }
        }
    }

    /** By size alone, the two long ones would leave a gap between them. */
    @Test
    void theBestOfSeveralOrdersCounts() {
        List<Interval> intervals = List.of(
                new Interval(4096, 0, 6),
                new Interval(2048, 1, 4),
                new Interval(1024, 1, 5),
                new Interval(2048, 2, 3),
                new Interval(2048, 4, 5),
                new Interval(1024, 3, 4),
                new Interval(2048, 5, 6));
        long most =
                LongStream.of(4096, 2048, 1024, 2048, 1024).map(Offsets::padded).sum();
        assertThat(Packing.of(intervals).length()).isEqualTo(most);
    }

    @Test
    void whatFollowsEachOtherSharesAPlace() {
        List<Interval> chain = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            chain.add(new Interval(640, i, i + 1));
        }
        assertThat(Packing.of(chain).length()).isEqualTo(2 * 640);
    }
}
