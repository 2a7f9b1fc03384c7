# Least squares and its variances in R on the data that ship, written to numbers/r_least_squares.json.
# Run from the project's top folder:  Rscript tests/reference/make_r_least_squares.R
# lm with dummies for every absorbed effect; sandwich for the variances; CR2, CR3, Driscoll-Kraay,
# Newey-West on panels and Conley also by dense matrices written out here.
suppressPackageStartupMessages({library(sandwich); library(lmtest); library(splines); library(jsonlite)})

read <- function(name) read.csv(file.path("data", paste0(name, ".csv")), stringsAsFactors = FALSE)
kept <- function(fit) !is.na(coef(fit))

# Plain matrices of a fit: X and u scaled by the root of the weights, rows of weight 0 left out.
plain <- function(fit) {
  x <- model.matrix(fit)[, kept(fit), drop = FALSE]
  w <- if (is.null(weights(fit))) rep(1, nrow(x)) else weights(fit)
  list(x = x * sqrt(w), u = residuals(fit) * sqrt(w), w = w, use = w > 0)
}
# Inverse power of I - H_gg with the Moore-Penrose rule for directions that vanish.
power_of <- function(m, p) {
  e <- eigen((m + t(m)) / 2, symmetric = TRUE)
  l <- ifelse(e$values < 1e-10, 0, pmax(e$values, 1e-300)^p)
  e$vectors %*% (l * t(e$vectors))
}
# Bell and McCaffrey (2002): clusters one way; V and Satterthwaite degrees of freedom of the terms.
bell_mccaffrey <- function(fit, cluster, p, terms) {
  f <- plain(fit); x <- f$x[f$use, ]; u <- f$u[f$use]; g <- as.character(cluster)[f$use]
  # the projection through QR, so that columns of very different size keep their digits
  q <- qr.Q(qr(x)); b <- chol2inv(qr.R(qr(x))); dimnames(b) <- list(colnames(x), colnames(x))
  groups <- unique(g); k <- ncol(x)
  scores <- matrix(0, length(groups), k)
  parts <- vector("list", length(groups))
  for (j in seq_along(groups)) {
    r <- which(g == groups[j])
    a <- power_of(diag(length(r)) - tcrossprod(q[r, , drop = FALSE]), p)
    scores[j, ] <- crossprod(x[r, , drop = FALSE], a %*% u[r])
    parts[[j]] <- list(r = r, ax = a %*% x[r, , drop = FALSE] %*% b)
  }
  v <- b %*% crossprod(scores) %*% b
  degrees <- sapply(match(terms, colnames(x)), function(c) {
    w <- matrix(0, length(groups), length(groups))
    q_side <- sapply(parts, function(z) crossprod(q[z$r, , drop = FALSE], z$ax[, c]))
    w <- -crossprod(q_side)
    diag(w) <- diag(w) + sapply(parts, function(z) sum(z$ax[, c]^2))
    sum(diag(w))^2 / sum(w^2)
  })
  list(se = unname(sqrt(diag(v)[match(terms, colnames(x))])), df = degrees)
}
# CR2 of weights that are no inverse variances: H = X B X'W, A_g = [(I - H)(I - H)']_gg^(-1/2).
weighted_cr2 <- function(fit, cluster, terms) {
  x <- model.matrix(fit)[, kept(fit), drop = FALSE]; w <- weights(fit); u <- residuals(fit); n <- nrow(x)
  b <- chol2inv(qr.R(qr(x * sqrt(w)))); h <- x %*% b %*% t(x * w); rest <- diag(n) - h
  groups <- split(seq_len(n), as.character(cluster)); meat <- 0; sides <- list()
  for (r in groups) {
    a <- power_of(tcrossprod(rest[r, ]), -0.5)
    meat <- meat + tcrossprod(crossprod(x[r, ] * w[r], a %*% u[r]))
    sides[[length(sides) + 1]] <- t(rest[r, ]) %*% a %*% (x[r, ] * w[r]) %*% b
  }
  place <- match(terms, colnames(x))
  list(se = sqrt(diag(b %*% meat %*% b)[place]), df = sapply(place, function(c) {
    g <- crossprod(sapply(sides, function(s) s[, c])); sum(diag(g))^2 / sum(g^2) }))
}
# Bartlett sum over time values (gaps count as gaps), units apart or together.
serial <- function(fit, unit, time, lags) {
  s <- estfun(fit); b <- bread(fit) / nrow(s)
  times <- sort(unique(time))
  meat <- 0
  for (i in unique(unit)) {
    h <- t(sapply(seq(min(times), max(times)), function(t)
      colSums(s[unit == i & time == t, , drop = FALSE])))
    meat <- meat + crossprod(h)
    if (lags > 0) for (l in 1:lags) {
      n <- nrow(h)
      gamma <- crossprod(h[(l + 1):n, , drop = FALSE], h[1:(n - l), , drop = FALSE])
      meat <- meat + (1 - l / (lags + 1)) * (gamma + t(gamma))
    }
  }
  b %*% meat %*% b
}
conley <- function(fit, lat, lon, km, kernel) {
  s <- estfun(fit); b <- bread(fit) / nrow(s); rad <- pi / 180
  dlat <- outer(lat, lat, "-") * rad; dlon <- outer(lon, lon, "-") * rad
  flat <- sqrt(dlat^2 + (cos(outer(lat, lat, "+") / 2 * rad) * dlon)^2) * 111 / rad
  near <- if (kernel == "uniform") (flat <= km) * 1 else pmax(1 - flat / km, 0)
  b %*% (t(s) %*% near %*% s) %*% b
}
se_of <- function(v, terms) unname(sqrt(diag(v)[match(terms, colnames(v))]))

facts <- function(fit) {
  s <- summary(fit); u <- residuals(fit); w <- if (is.null(weights(fit))) rep(1, length(u)) else weights(fit)
  n <- sum(w > 0)
  list(n = n, df_resid = fit$df.residual, r2 = s$r.squared, r2_adjusted = s$adj.r.squared,
       sigma = s$sigma, f = unname(s$fstatistic))
}
# One case. ours: the formula of the tool; terms: names here -> names there; clusters: list of columns.
case <- function(ours, data, fit, terms, clusters = list(), hc = TRUE, two = NULL, cr = NULL,
                 options = list(), extra = list()) {
  r <- names(terms)
  errors <- list(iid = se_of(vcov(fit), r))
  if (hc) for (type in c("HC0", "HC1", "HC2", "HC3", "HC4"))
    errors[[tolower(type)]] <- se_of(vcovHC(fit, type = type), r)
  for (name in names(clusters)) {
    g <- clusters[[name]]
    errors[[paste0("cr0:", name)]] <- se_of(vcovCL(fit, cluster = g, type = "HC0", cadjust = FALSE), r)
    errors[[paste0("cr1:", name)]] <- se_of(vcovCL(fit, cluster = g, type = "HC1", cadjust = TRUE), r)
  }
  if (!is.null(two)) {
    g <- as.data.frame(clusters[two])
    errors[[paste0("cr0:", paste(two, collapse = ","))]] <-
      se_of(vcovCL(fit, cluster = g, type = "HC0", cadjust = FALSE), r)
    errors[[paste0("cr1:", paste(two, collapse = ","))]] <-
      se_of(vcovCL(fit, cluster = g, type = "HC1", cadjust = TRUE, multi0 = FALSE), r)
  }
  degrees <- list()
  for (name in cr) {
    two_ <- bell_mccaffrey(fit, clusters[[name]], -0.5, r)
    errors[[paste0("cr2:", name)]] <- two_$se; degrees[[paste0("cr2:", name)]] <- two_$df
    errors[[paste0("cr3:", name)]] <- bell_mccaffrey(fit, clusters[[name]], -1, r)$se
  }
  groups <- lapply(clusters, function(g) length(unique(g)))
  c(list(formula = ours, data = data, terms = unname(unlist(terms)), coef = unname(coef(fit)[r]),
         k = sum(kept(fit)), groups = groups, se = c(errors, extra), df = degrees), facts(fit), options)
}
cases <- list()

# 1 castle: weighted, two absorbed effects, cluster by state
d <- read("castle"); d$sid <- factor(d$sid); d$year <- factor(d$year)
y <- "l_homicide ~ post + l_police + unemployrt + poverty"
fit <- lm(l_homicide ~ post + l_police + unemployrt + poverty + sid + year, d)
same <- c(post = "post", l_police = "l_police", unemployrt = "unemployrt", poverty = "poverty")
cl <- list(sid = d$sid, year = d$year)
unit <- as.integer(d$sid); time <- as.integer(d$year)
cases$castle_two_way <- case(paste(y, "| sid + year"), "castle", fit, same, cl, two = c("sid", "year"),
  cr = c("sid", "year"), options = list(panel = c("sid", "year")),
  extra = list(
    "newey_west:0" = se_of(vcovPL(fit, cluster = d$sid, order.by = d$year, lag = 0, aggregate = FALSE, adjust = FALSE), names(same)),
    "newey_west:3" = se_of(vcovPL(fit, cluster = d$sid, order.by = d$year, lag = 3, aggregate = FALSE, adjust = FALSE), names(same)),
    "driscoll_kraay:0" = se_of(vcovPL(fit, cluster = d$sid, order.by = d$year, lag = 0, aggregate = TRUE, adjust = FALSE), names(same)),
    "driscoll_kraay:3" = se_of(vcovPL(fit, cluster = d$sid, order.by = d$year, lag = 3, aggregate = TRUE, adjust = FALSE), names(same)),
    "driscoll_kraay:2" = se_of(serial(fit, rep(1, nrow(d)), time, 2), names(same)),
    "newey_west:2" = se_of(serial(fit, unit, time, 2), names(same))))
fit <- lm(l_homicide ~ post + l_police + unemployrt + poverty + sid + year, d, weights = popwt)
cases$castle_weighted <- case(paste(y, "| sid + year"), "castle", fit, same, cl, two = c("sid", "year"),
  options = list(panel = c("sid", "year"), weights = list(popwt = "analytic")))
for (name in c("sid", "year")) {
  found <- weighted_cr2(fit, d[[name]], names(same))
  cases$castle_weighted$se[[paste0("cr2:", name)]] <- found$se; cases$castle_weighted$df[[paste0("cr2:", name)]] <- found$df
  cases$castle_weighted$se[[paste0("cr3:", name)]] <- bell_mccaffrey(fit, d[[name]], -1, names(same))$se
}
d$zero <- ifelse(as.integer(as.character(d$sid)) %% 7 == 0, 0, d$popwt)
fit <- lm(l_homicide ~ post + l_police + unemployrt + poverty + year, d, weights = zero)
cases$castle_zero_weights <- case(paste(y, "| year"), "castle", fit, same, hc = FALSE,
  options = list(prepare = "zero weights", weights = list(zero = "analytic")))
fit <- lm(l_homicide ~ northeast + midwest + south + west + post + l_police, d)
cases$castle_collinear <- case("l_homicide ~ northeast + midwest + south + west + post + l_police", "castle", fit,
  c("(Intercept)" = "Intercept", northeast = "northeast", midwest = "midwest", south = "south", post = "post", l_police = "l_police"),
  list(sid = d$sid), cr = "sid", options = list(dropped = I("west")))
twice <- d; twice$double <- 2 * twice$unemployrt - 3 * twice$poverty
fit <- lm(l_homicide ~ unemployrt + poverty + double + post, twice)
cases$castle_combination <- case("l_homicide ~ unemployrt + poverty + double + post", "castle", fit,
  c("(Intercept)" = "Intercept", unemployrt = "unemployrt", poverty = "poverty", post = "post"),
  options = list(prepare = "combination", dropped = I("double")))

# 2 guns: logs, one and two effects, state trends
d <- read("guns"); d$state_ <- factor(d$state); d$year_ <- factor(d$year)
cl <- list(state = d$state, year = d$year)
short <- c(law = "law", prisoners = "prisoners", density = "density", "log(income)" = "log(income)")
fit <- lm(log(violent) ~ law + prisoners + density + log(income), d)
cases$guns_pooled <- case("log(violent) ~ law + prisoners + density + log(income)", "guns", fit,
  c("(Intercept)" = "Intercept", short), cl, two = c("state", "year"), cr = c("state", "year"))
for (type in c("HC2", "HC3")) {
  # its cadjust cancels the (G-1)/G that it takes off here
  v <- vcovCL(fit, cluster = d$state, type = type, cadjust = TRUE)
  cases$guns_pooled$se[[paste0("sandwich ", type, ":state")]] <- se_of(v, names(c("(Intercept)" = 1, short)))
}
cases$guns_pooled$wald <- list(
  iid = waldtest(fit, . ~ 1, test = "F")$F[2],
  hc1 = waldtest(fit, . ~ 1, vcov = function(m) vcovHC(m, "HC1"), test = "F")$F[2],
  "cr1:state" = waldtest(fit, . ~ 1, vcov = function(m) vcovCL(m, cluster = d$state), test = "F")$F[2])
fit <- lm(log(violent) ~ law + prisoners + density + log(income) + state_, d)
cases$guns_one_way <- case("log(violent) ~ law + prisoners + density + log(income) | state", "guns", fit, short, cl,
  two = c("state", "year"), cr = c("state", "year"))
fit <- lm(log(violent) ~ law + prisoners + density + log(income) + state_ + year_, d)
cases$guns_two_way <- case("log(violent) ~ law + prisoners + density + log(income) | state + year", "guns", fit, short, cl,
  two = c("state", "year"), cr = c("state", "year"))
cases$guns_two_way$r2_within <- 1 - sum(residuals(fit)^2) / sum(residuals(lm(log(violent) ~ state_ + year_, d))^2)
d$t <- d$year - 1976
fit <- lm(log(violent) ~ law + prisoners + density + log(income) + state_ + year_ + state_:t, d)
cases$guns_trends <- case("log(violent) ~ law + prisoners + density + log(income) | state[year] + year", "guns", fit, short,
  cl, cr = "state")
fit <- lm(log(violent) ~ law + prisoners + density + log(income) + state_:t, d)
cases$guns_slopes_only <- case("log(violent) ~ law + prisoners + density + log(income) | state[[t]]", "guns", fit,
  c("(Intercept)" = "Intercept", short), cl, options = list(prepare = "t"))
fit <- lm(log(violent) ~ 0 + law + prisoners + density + log(income), d)
cases$guns_no_constant <- case("log(violent) ~ 0 + law + prisoners + density + log(income)", "guns", fit, short, cl)
fit <- lm(log(violent) ~ poly(prisoners, 3) + law, d)
cases$guns_poly <- case("log(violent) ~ poly(prisoners, 3) + law", "guns", fit,
  c("(Intercept)" = "Intercept", setNames(paste0("poly(prisoners, 3)", 1:3), paste0("poly(prisoners, 3)", 1:3)), law = "law"), cl)
fit <- lm(log(violent) ~ ns(density, 4) + law, d)
cases$guns_ns <- case("log(violent) ~ ns(density, 4) + law", "guns", fit,
  c("(Intercept)" = "Intercept", setNames(paste0("ns(density, 4)", 1:4), paste0("ns(density, 4)", 1:4)), law = "law"), cl)
fit <- lm(log(violent) ~ bs(afam, 5) + law, d)
cases$guns_bs <- case("log(violent) ~ bs(afam, 5) + law", "guns", fit,
  c("(Intercept)" = "Intercept", setNames(paste0("bs(afam, 5)", 1:5), paste0("bs(afam, 5)", 1:5)), law = "law"), cl)
fit <- lm(log(violent) ~ law * density + law:prisoners + prisoners:density:law + I(density^2) + state_, d)
cases$guns_interactions <- case("log(violent) ~ law * density + law:prisoners + prisoners:density:law + density^2 | state",
  "guns", fit, c(law = "law", density = "density", "I(density^2)" = "density^2", "law:density" = "law:density",
  "law:prisoners" = "law:prisoners", "law:density:prisoners" = "prisoners:density:law"), cl)
d$f <- relevel(factor(d$year), "1990")
years <- setdiff(as.character(1977:1999), "1990")
fit <- lm(log(violent) ~ f + law + prisoners, d)
cases$guns_indicators <- case("log(violent) ~ i(year, ref=1990) + law + prisoners", "guns", fit,
  c("(Intercept)" = "Intercept", setNames(paste0("year::", years), paste0("f", years)), law = "law", prisoners = "prisoners"),
  list(state = d$state), cr = "state")
x <- sapply(years, function(v) (d$year == as.integer(v)) * d$density); colnames(x) <- paste0("x", years)
fit <- lm(log(violent) ~ x + law + state_ + year_, cbind(d, I(x)))
cases$guns_indicators_by <- case("log(violent) ~ i(year, density, ref=1990) + law | state + year", "guns", fit,
  c(setNames(paste0("year::", years, ":density"), paste0("xx", years)), law = "law"), list(state = d$state))
cross <- interaction(d$state, d$year >= 1988, drop = TRUE)
fit <- lm(log(violent) ~ prisoners + density + law + cross + year_, d)
cases$guns_crossed_effects <- case("log(violent) ~ prisoners + density + law | state^late + year", "guns", fit,
  c(prisoners = "prisoners", density = "density", law = "law"), cl, two = c("state", "year"), options = list(prepare = "late"))

# 3 wage panel: one, two and three effects
d <- read("wagepan"); d$nr_ <- factor(d$nr); d$year_ <- factor(d$year)
d <- d[d$nr <= 1500 & d$exper %in% 2:13, ]
cl <- list(nr = d$nr, year = d$year, exper = d$exper)
short <- c(union = "union", married = "married", hours = "hours")
fit <- lm(lwage ~ union + married + hours + nr_, d)
cases$wages_one_way <- case("lwage ~ union + married + hours | nr", "wagepan", fit, short, cl, two = c("nr", "year"),
  cr = "nr", options = list(prepare = "wages"))
fit <- lm(lwage ~ union + married + hours + factor(educ) + year_ + factor(exper), d)
cases$wages_three_way <- case("lwage ~ union + married + hours | educ + year + exper", "wagepan", fit, short, cl, hc = TRUE,
  two = c("nr", "exper"), cr = "exper", options = list(prepare = "wages"))
fit <- lm(lwage ~ union + married + hours + nr_ + year_, d)
cases$wages_two_way <- case("lwage ~ union + married + hours | nr + year", "wagepan", fit, short, cl,
  two = c("nr", "year"), cr = c("nr", "year"), options = list(prepare = "wages"))

# 4 crime4: missing values (first year of the changes), year indicators that repeat dummies
d <- read("crime4")
fit <- lm(clcrmrte ~ clprbarr + clprbcon + clpolpc + factor(year), d)
same <- c("(Intercept)" = "Intercept", clprbarr = "clprbarr", clprbcon = "clprbcon", clpolpc = "clpolpc",
          setNames(paste0("year::", 83:87), paste0("factor(year)", 83:87)))
used <- d[!is.na(d$clcrmrte), ]
cases$crime_missing <- case("clcrmrte ~ clprbarr + clprbcon + clpolpc + i(year)", "crime4", fit, same,
  list(county = used$county, year = used$year), two = c("county", "year"), cr = "county")
fit <- lm(lcrmrte ~ lprbarr + d82 + d83 + d84 + d85 + d86 + d87 + lpolpc + factor(year), d)
cases$crime_repeated_dummies <- case("lcrmrte ~ lprbarr + d82 + d83 + d84 + d85 + d86 + d87 + lpolpc + i(year)", "crime4", fit,
  c("(Intercept)" = "Intercept", lprbarr = "lprbarr", setNames(paste0("d", 82:87), paste0("d", 82:87)), lpolpc = "lpolpc"),
  list(county = d$county), options = list(dropped = paste0("year::", 82:87)))

# 5 mpdta: singletons after rows are dropped, one series
d <- read("mpdta"); d <- d[d$countyreal != 8001 | d$year == 2003, ]
d <- d[d$countyreal < 14000, ]
alone <- d[d$countyreal != 8001, ]
d2 <- alone; d2$c <- factor(d2$countyreal); d2$y <- factor(d2$year); d2$on <- (d2$first_treat > 0 & d2$year >= d2$first_treat) * 1
fit <- lm(lemp ~ on + c + y, d2)
cases$counties_singleton <- case("lemp ~ on | countyreal + year", "mpdta", fit, c(on = "on"),
  list(countyreal = d2$countyreal, year = d2$year), two = c("countyreal", "year"), cr = "year",
  options = list(prepare = "a singleton"))
d2$rate <- d2$lemp - d2$lpop
fit <- lm(lemp ~ lpop + on, d2)
for (l in c(1, 4)) cases$counties_series$se[[paste0("newey_west:", l)]] <-
  se_of(NeweyWest(fit, lag = l, prewhite = FALSE, adjust = FALSE), c("(Intercept)", "lpop", "on"))
cases$counties_series <- c(list(formula = "lemp ~ lpop + on", data = "mpdta", coef = unname(coef(fit)),
  terms = c("Intercept", "lpop", "on"), prepare = "one series"), cases$counties_series)

# 6 gapped panel: lags, leads and differences by time value; serial errors where gaps count as gaps
d <- read("munnell"); d <- d[(as.integer(factor(d$state)) * 5 + d$yr) %% 9 != 0, ]
d$lg <- log(d$gsp); d$le <- log(d$emp); d$lp <- log(d$pc)
at <- function(name, by) d[[name]][match(paste(d$state, d$yr + by), paste(d$state, d$yr))]
d$lag1 <- at("le", -1); d$lag2 <- at("le", -2); d$lead1 <- at("le", 1); d$diff1 <- d$lp - at("lp", -1); d$s <- factor(d$state)
fit <- lm(lg ~ lag1 + lag2 + lead1 + diff1 + unemp + s, d)
used <- as.integer(names(residuals(fit))); used <- d[match(used, rownames(d)), ]
terms <- c(lag1 = "l(le, 1)", lag2 = "l(le, 2)", lead1 = "f(le, 1)", diff1 = "d(lp, 1)", unemp = "unemp")
cases$states_gapped <- case("lg ~ l(le, 1:2) + f(le) + d(lp) + unemp | state", "munnell", fit, terms,
  list(state = used$state, yr = used$yr), two = c("state", "yr"),
  options = list(prepare = "gapped", panel = c("state", "yr")),
  extra = list("newey_west:2" = se_of(serial(fit, used$state, used$yr, 2), names(terms)),
               "driscoll_kraay:2" = se_of(serial(fit, rep(1, nrow(used)), used$yr, 2), names(terms))))

# 7 Peru: places with coordinates; persons from cells
d <- read("peru_victimization_2013_2024"); p <- read("peru_departments"); d <- d[d$year <= 2019, ]
m <- match(d$department_code, p$department_code); d$lat <- p$capital_latitude_deg[m]; d$lon <- p$capital_longitude_deg[m]
d <- d[complete.cases(d[c("victimization_pct", "theft_victimization_pct", "perceived_insecurity_night_pct", "lat")]), ]
fit <- lm(perceived_insecurity_night_pct ~ victimization_pct + theft_victimization_pct, d)
same <- c("(Intercept)" = "Intercept", victimization_pct = "victimization_pct", theft_victimization_pct = "theft_victimization_pct")
space <- list()
for (kernel in c("uniform", "bartlett")) for (km in c(150, 400)) {
  v <- conley(fit, d$lat, d$lon, km, kernel); dimnames(v) <- rep(list(names(coef(fit))), 2)
  space[[paste("conley", kernel, km, sep = ":")]] <- se_of(v, names(same))
}
cases$peru_places <- case("perceived_insecurity_night_pct ~ victimization_pct + theft_victimization_pct",
  "peru_victimization_2013_2024", fit, same, list(area_code = d$area_code, year = d$year), two = c("area_code", "year"),
  cr = c("area_code", "year"), options = list(prepare = "coordinates"), extra = space)

d <- read("peru_enaho_panel_cells"); d <- d[d$urban == 1 & d$age_group == "14-24" & d$n_employed > 0 & d$year <= 2018, ]
d$women <- (d$sex == "women") * 1
rows <- rep(seq_len(nrow(d)), d$n_employed)
kept_persons <- unlist(mapply(function(n, k) c(rep(1, k), rep(0, n - k)), d$n_employed, d$n_kept))
persons <- data.frame(kept = kept_persons, late = (d$year >= 2017)[rows] * 1, women = d$women[rows],
  coast = d$metropolitan[rows], dep = factor(d$department_code[rows]), year = factor(d$year[rows]))
fit <- lm(kept ~ coast:late + women + dep + year, persons)
terms <- c("coast:late" = "exposed", women = "women")
g <- persons$dep
cases$peru_persons <- case("exposed + women | department_code + year", "peru_enaho_panel_cells", fit, terms,
  list(department_code = persons$dep, year = persons$year), two = c("department_code", "year"),
  options = list(prepare = "cells"))
# CR3 by the refits themselves: one regression without each year
without <- sapply(levels(persons$year), function(v) coef(lm(kept ~ coast:late + women + dep + year, persons[persons$year != v, ]))[names(terms)])
jack <- without - coef(fit)[names(terms)]
cases$peru_persons$se[["cr3:year"]] <- unname(sqrt(rowSums(jack^2)))
cases$peru_persons$se[["jackknife mean:year"]] <- unname(sqrt(rowSums((without - rowMeans(without))^2) * (ncol(without) - 1) / ncol(without)))

out <- list(
  software = R.version.string,
  packages = lapply(setNames(nm = c("sandwich", "lmtest", "splines", "jsonlite")), function(p) as.character(packageVersion(p))),
  command = "Rscript tests/reference/make_r_least_squares.R", date = "2026-11-25", cases = cases)
write(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE, null = "null", na = "null"),
      "tests/reference/numbers/r_least_squares.json")
