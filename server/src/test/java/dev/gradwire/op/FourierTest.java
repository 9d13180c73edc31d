package dev.gradwire.op;

import static dev.gradwire.TextProgram.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.TextProgram;
import dev.gradwire.engine.Engine;
import dev.gradwire.engine.EngineSettings;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.TextForm;
import dev.gradwire.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Transforms: what samples and reference cases do not show. */
final class FourierTest {
    private static final Engine engine = Engine.open(new EngineSettings(1, 1000));

    @AfterAll
    static void close() {
        engine.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            fft_fft(x, 0)                | argument 'n': must be at least 1 point, but is 0
            fft_fft(e, dim=1)            | argument 'self': has no points along dimension 1
            fft_fft(x, dim=2)            | argument 'dim': dimension 2 is out of range
            fft_fft(s)                   | argument 'dim': a tensor of shape []
            fft_fft(x, norm="none")      | argument 'norm': must be "backward", "forward" or "ortho", but is "none"
            fft_fft(h)                   | argument 'self': must be float32 or float64, but is float16
            fft_rfft(z)                  | argument 'self': must be real, but is complex128
            fft_ihfft2(z)                | argument 'self': must be real
            fft_irfft(z, -3)             | argument 'n': must be at least 1 point, but is -3
            fft_fftn(x, dim=[1, -1])     | argument 'dim': names dimension 1 twice
            fft_fftn(x, [4], [0, 1])     | argument 's': has 1 sizes for 2 dimensions
            fft_fftn(x, [4, 4, 4])       | argument 's': has 3 sizes for a tensor of shape [2, 4]
            fft_rfftn(x, dim=[])         | argument 'dim': must name at least one dimension
            fft_fftshift(x, [3])         | argument 'dim': dimension 3 is out of range
            _fft_c2c(x, [0], 0, True)    | argument 'self': must be complex, but is float64
            _fft_r2c(x, [0], 3, True)    | argument 'normalization': must be 0
            _fft_c2r(z, [1], 0, 9)       | argument 'self': must have 5 points along dimension 1 for 9 real ones
            stft(x, 8, return_complex=True, center=False) | argument 'self': has 4 points, too few for frames of 8
            stft(x, 4)                   | argument 'return_complex': must be given
            stft(x, 4, 0, return_complex=True) | argument 'hop_length': must be positive, but is 0
            stft(x, 4, window=v, return_complex=True) | argument 'window': must have shape [4]
            istft(x, 4)                  | argument 'self': must be complex
            istft(z, 9)                  | argument 'self': must have 5 frequencies for n_fft 9
            fft_fftfreq(0)               | argument 'n': must be at least 1 point
            hann_window(-1)              | argument 'window_length': must not be negative
            """)
    void errorsNameTheArgument(String call, String expected) {
        String text = "x: float64[2, 4]\nz: complex128[2, 4]\ne: float64[2, 0]\ns: float64[]\nh: float16[4]\n"
                + "v: float64[3]\ny = " + call + "\nreturn y";
        assertThatThrownBy(() -> TextForm.parse(text, Operators.all()))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining(expected);
    }

    /** Figures of PyTorch 2.15, in float64. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            hann_window(4, dtype=torch.float64)              | 0 0.5 1 0.5
            hann_window(5, False, dtype=torch.float64)       | 0 0.5 1 0.5 0
            hamming_window(4, dtype=torch.float64)           | 0.08 0.54 1 0.54
            hamming_window(4, True, 0.5, 0.5, dtype=torch.float64) | 0 0.5 1 0.5
            blackman_window(4, dtype=torch.float64)          | 0 0.34 1 0.34
            bartlett_window(4, dtype=torch.float64)          | 0 0.5 1 0.5
            bartlett_window(5, False, dtype=torch.float64)   | 0 0.5 1 0.5 0
            kaiser_window(3, False, 0.0, dtype=torch.float64) | 1 1 1
            hann_window(1, dtype=torch.float64)              | 1
            fft_fftfreq(5, 0.5, dtype=torch.float64)         | 0 0.4 0.8 -0.8 -0.4
            fft_fftfreq(4, dtype=torch.float64)              | 0 0.25 -0.5 -0.25
            fft_rfftfreq(5, 0.5, dtype=torch.float64)        | 0 0.4 0.8
            """)
    void windowsAndFrequencies(String call, String expected) {
        Tensor values = TextProgram.of(engine, "y = " + call + "\nreturn y")
                .run(Map.of())
                .get("y");
        assertThat(doubles(values))
                .containsExactly(
                        Arrays.stream(expected.split(" "))
                                .mapToDouble(Double::parseDouble)
                                .toArray(),
                        Offset.offset(1e-15));
    }
}
