package dev.gradwire.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class DemoTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @Test
    void trainsWellEnoughAndDraws(@TempDir Path folder) {
        int status = new CommandLine(new DemoCommand(out, false)).execute("--out", folder.toString(), "--epochs", "8");

        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("grad_fn  <PowBackward0>", "tensor([ 0.2000,  2.0000, 20.0000])", "steps a second")
                .contains("└─ LogSoftmaxBackward0");
        assertThat(status).isZero();
        assertThat(folder.resolve("grad_fn.dot")).content().startsWith("digraph");
        assertThat(folder.resolve("grad_fn.svg")).content().contains("<svg", "AddmmBackward0");
    }

    @Test
    void failsWhereTheClassifierHasLearntNothing(@TempDir Path folder) {
        assertThat(new CommandLine(new DemoCommand(out, false)).execute("--out", folder.toString(), "--epochs", "0"))
                .isEqualTo(1);
    }

    @Test
    void digitsAreAllThereWhateverTheOrder() {
        Digits digits = Digits.shuffled(new Random(1));

        assertThat(digits.size()).isEqualTo(1797);
        assertThat(digits.pixels()).hasSize(1797 * 64);
        assertThat(LongStream.of(digits.labels()).boxed()).containsOnly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(Digits.shuffled(new Random(1)).labels()).isEqualTo(digits.labels());
        assertThat(Digits.shuffled(new Random(2)).labels()).isNotEqualTo(digits.labels());
        assertThat(digits.range(5, 8).labels())
                .isEqualTo(LongStream.of(digits.labels()).skip(5).limit(3).toArray());
    }

    @Test
    void progressIsOneBarOnATerminalAndAFewLinesElsewhere() {
        Progress bar = new Progress(out, true);
        bar.show(1, 2, 1.5, 0.5);
        bar.show(2, 2, 0.5, 0.975);
        bar.end();
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .endsWith("\r\u001b[K  epoch 2/2  " + "█".repeat(20) + "  loss 0.5000   held-out accuracy  97.5%"
                        + System.lineSeparator());

        bytes.reset();
        Progress lines = new Progress(out, false);
        for (int epoch = 1; epoch <= 60; epoch++) {
            lines.show(epoch, 60, 1, 0.5);
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines()).hasSize(7).noneMatch(line -> line.contains("\r"));
    }
}
