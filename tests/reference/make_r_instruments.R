# Tests of instruments by AER in R, written to numbers/r_instruments.json.
# Run from the project's top folder:  Rscript tests/reference/make_r_instruments.R
suppressPackageStartupMessages({library(AER); library(sandwich); library(jsonlite)})
d <- read.csv("data/crime4.csv")
case <- function(formula, fit) {
  read <- function(s) {
    t <- s$diagnostics
    pick <- function(name) t[grepl(name, rownames(t)), , drop = FALSE]
    list(weak = unname(pick("Weak")[, "statistic"]), weak_df = unname(pick("Weak")[, "df1"]),
      wu_hausman = unname(pick("Wu")[, "statistic"]), wu_df2 = unname(pick("Wu")[, "df2"]), wu_p = unname(pick("Wu")[, "p-value"]),
      sargan = unname(pick("Sargan")[, "statistic"]), sargan_p = unname(pick("Sargan")[, "p-value"]))
  }
  list(formula = formula, iid = read(summary(fit, diagnostics = TRUE)), hc0 = read(summary(fit, vcov. = sandwich, diagnostics = TRUE)))
}
out <- list(
  pooled = case("lcrmrte ~ lpctymle + ldensity | lpolpc ~ lprbconv + lprbpris",
    ivreg(lcrmrte ~ lpctymle + ldensity + lpolpc | lpctymle + ldensity + lprbconv + lprbpris, data = d)),
  two_endogenous = case("lcrmrte ~ lpctymle + ldensity | lpolpc + lprbarr ~ lprbconv + lprbpris + lavgsen",
    ivreg(lcrmrte ~ lpctymle + ldensity + lpolpc + lprbarr | lpctymle + ldensity + lprbconv + lprbpris + lavgsen, data = d)))
write(toJSON(list(software = R.version.string, AER = as.character(packageVersion("AER")),
  command = "Rscript tests/reference/make_r_instruments.R", cases = out), digits = NA, auto_unbox = TRUE, pretty = TRUE),
  "tests/reference/numbers/r_instruments.json")
