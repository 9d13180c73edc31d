package dev.gradwire.pass;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class OffsetsTest {
    private record Block(long offset, long bytes) {
        boolean overlaps(Block other) {
            return offset < other.offset + other.bytes && other.offset < offset + bytes;
        }
    }

    @Test
    void whatIsGivenBackIsUsedAgain() {
        Offsets offsets = new Offsets();
        long a = offsets.take(100);
        long b = offsets.take(100);
        offsets.giveBack(a, 100);
        assertThat(offsets.take(128)).isEqualTo(a);
        offsets.giveBack(a, 128);
        offsets.giveBack(b, 100);
        assertThat(offsets.take(256)).isEqualTo(a);
        assertThat(offsets.length()).isEqualTo(256);
    }

    @Test
    void aGapAtTheEndGrows() {
        Offsets offsets = new Offsets();
        long a = offsets.take(64);
        offsets.giveBack(a, 64);
        assertThat(offsets.take(1024)).isZero();
        assertThat(offsets.length()).isEqualTo(1024);
    }

    @Test
    void blocksNeverOverlapAndAreAligned() {
        Random random = new Random(1);
        Offsets offsets = new Offsets();
        List<Block> live = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            if (!live.isEmpty() && random.nextInt(3) == 0) {
                Block gone = live.remove(random.nextInt(live.size()));
                offsets.giveBack(gone.offset, gone.bytes);
            } else if (live.size() < 60) {
                long bytes = 1L + random.nextInt(1 << random.nextInt(14));
                Block made = new Block(offsets.take(bytes), bytes);
                assertThat(made.offset % Offsets.ALIGNMENT).isZero();
                assertThat(made.offset + bytes).isLessThanOrEqualTo(offsets.length());
                assertThat(live).noneMatch(made::overlaps);
                live.add(made);
            }
        }
        live.forEach(block -> offsets.giveBack(block.offset, block.bytes));
        long whole = offsets.length();
        assertThat(offsets.take(whole - 10 * Offsets.ALIGNMENT)).isZero();
    }
}
